package io.turnstile.bench.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.bench.scenario.EngineSettings;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PeerEngineTest {

  @Test
  void kafkaStreamsRefusesOptionsUnderWhichTheJobWouldDecideOtherwise() {
    EngineSettings settings = settings(Map.of("commit-interval", "5ms", "product-wait", "1s"));
    assertThatThrownBy(
            () -> Engines.named("kafka-streams").deploy(settings, Path.of("."), Path.of(".")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "kafka-streams has the job's defaults built in: it cannot run with --product-wait");
  }

  @Test
  void peersNeedNoFlink() {
    assertThat(PeerEngine.testbed(Path.of(".")).flink()).isFalse();
  }

  private static EngineSettings settings(Map<String, String> job) {
    return new EngineSettings(2, 2, 2, "3g", "low-latency", "processes", "local", job, Map.of());
  }
}
