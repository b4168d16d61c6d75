package io.turnstile.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class ResourceSamplerTest {

  @TempDir private Path directory;

  @Test
  @EnabledOnOs(OS.LINUX)
  void lineThatAProcessDoesNotHaveIsNotZero() throws IOException {
    long pid = ProcessHandle.current().pid();

    assertThat(ResourceSampler.field(pid, "status", "VmRSS:").getAsDouble()).isPositive();
    assertThat(ResourceSampler.field(pid, "status", "NoSuchLine:")).isEmpty();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void compilersOfARealProcessAreFoundByTheNamesOfTheirThreads() throws IOException {
    try (ResourceSampler sampler = new ResourceSampler()) {
      long from = System.nanoTime();
      sampler.sample(Map.of("other", ProcessHandle.current().pid()));
      sampler.sample(Map.of("other", ProcessHandle.current().pid()));

      assertThat(sampler.between(from, System.nanoTime(), directory::resolve))
          .hasSize(2)
          .allSatisfy(
              process -> {
                assertThat(process.jitCoresMean()).isNotNegative();
                assertThat(process.series())
                    .singleElement()
                    .satisfies(sample -> assertThat(sample.jitCores()).isNotNegative());
              });
    }
  }

  @Test
  void whatTheLoadCompilesIsNotTheEngines() throws IOException {
    AtomicLong now = new AtomicLong();
    long load = ProcessHandle.current().pid();
    try (ResourceSampler sampler = new ResourceSampler(directory, now::get)) {
      for (int second = 0; second <= 2; second++) {
        now.set(TimeUnit.SECONDS.toNanos(second));
        compiler(load, 90 * second);
        compiler(0, 30 * second);
        sampler.sample(Map.of("engine", 0L));
      }

      assertThat(sampler.compilerCores(0, 2))
          .containsExactly(new double[] {0.3, 0.3}, within(1e-6));
    }
  }

  private void compiler(long pid, int ticks) throws IOException {
    Path thread = Files.createDirectories(directory.resolve(pid + "/task/" + pid));
    Files.writeString(
        thread.resolve("stat"),
        "1 (C2 CompilerThre) S 1 1 1 0 -1 0 0 0 0 0 %d 0 0 0 20 0 1 0 1".formatted(ticks));
  }
}
