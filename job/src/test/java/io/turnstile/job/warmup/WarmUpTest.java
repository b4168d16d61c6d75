package io.turnstile.job.warmup;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.Outcome;
import java.nio.file.Path;
import java.util.ServiceLoader;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.metrics.reporter.MetricReporterFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class WarmUpTest {

  @TempDir private Path directory;

  @Test
  @Timeout(120)
  void madeUpTransactionsAreAcceptedAndDuplicatesAmongThemRejected() throws Exception {
    JobExecutionResult result = WarmUp.run(directory, 2_000);

    assertThat(verdicts(result, Outcome.ACCEPTED)).isPositive();
    assertThat(verdicts(result, Outcome.REJECTED)).isPositive();
    assertThat(verdicts(result, Outcome.DEAD_LETTER)).isZero();
    assertThat(verdicts(result, Outcome.REJECTED))
        .isLessThan(verdicts(result, Outcome.ACCEPTED) / 10);
  }

  @Test
  void flinkFindsTheReporter() {
    assertThat(ServiceLoader.load(MetricReporterFactory.class))
        .hasAtLeastOneElementOfType(WarmUpReporterFactory.class);
  }

  private static long verdicts(JobExecutionResult result, Outcome outcome) {
    return result.<Long>getAccumulatorResult(outcome.name());
  }
}
