package io.turnstile.bench.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedConfigBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PeerEngineTest {

  @Test
  void kafkaStreamsRefusesOptionsUnderWhichTheJobWouldDecideOtherwise() {
    EngineSettings settings = settings(Map.of("commit-interval", "5ms", "product-wait", "1s"));
    assertThatThrownBy(() -> Engines.named("kafka-streams").start(null, settings))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "kafka-streams has the job's defaults built in: it cannot run with --product-wait");
  }

  @Test
  void peersNeedNoFlink() {
    TestbedConfigBuilder testbed = TestbedConfig.builder();
    Engines.named("kafka-limit").prepare(testbed, settings(Map.of()));
    assertThat(testbed.build().flink()).isFalse();
  }

  private static EngineSettings settings(Map<String, String> job) {
    return new EngineSettings(2, 2, 2, "3g", "low-latency", "processes", "local", job, Map.of());
  }
}
