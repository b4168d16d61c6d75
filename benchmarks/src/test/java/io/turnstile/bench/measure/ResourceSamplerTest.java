package io.turnstile.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class ResourceSamplerTest {

  @Test
  @EnabledOnOs(OS.LINUX)
  void lineThatAProcessDoesNotHaveIsNotZero() throws IOException {
    long pid = ProcessHandle.current().pid();

    assertThat(ResourceSampler.field(pid, "status", "VmRSS:").getAsDouble()).isPositive();
    assertThat(ResourceSampler.field(pid, "status", "NoSuchLine:")).isEmpty();
  }
}
