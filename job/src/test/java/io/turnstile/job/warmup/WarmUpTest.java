package io.turnstile.job.warmup;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ServiceLoader;
import org.apache.flink.metrics.reporter.MetricReporterFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class WarmUpTest {

  @TempDir private Path directory;

  @Test
  @Timeout(120)
  void runsThroughTheJobsOperators() throws Exception {
    WarmUp.run(directory, 2_000);

    assertThat(directory.resolve("checkpoints")).isNotEmptyDirectory();
  }

  @Test
  void flinkFindsTheReporter() {
    assertThat(ServiceLoader.load(MetricReporterFactory.class))
        .hasAtLeastOneElementOfType(WarmUpReporterFactory.class);
  }
}
