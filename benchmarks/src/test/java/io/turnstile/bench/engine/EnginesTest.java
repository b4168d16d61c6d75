package io.turnstile.bench.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.bench.scenario.EngineSettings;
import io.turnstile.events.TopicNames;
import io.turnstile.simulator.KafkaConnection;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EnginesTest {

  @Test
  void oursComesFirstAndUnknownOnesComeLast() {
    assertThat(Engines.names())
        .containsExactly("turnstile", "turnstile-2pc", "kafka-streams", "kafka-limit");
    assertThat(Engines.place("kafka-streams")).isEqualTo(2);
    assertThat(Engines.place("jmeter")).isEqualTo(4);
  }

  @Test
  void unknownNameIsRefusedWithThoseThereAre() {
    assertThatThrownBy(() -> Engines.named("none"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("'none'", "turnstile-2pc");
  }

  @Test
  void liveDeploymentIsLeftAlone() throws Exception {
    LiveEngine engine =
        new LiveEngine(
            new KafkaConnection("host:9092", Map.of(), TopicNames.DEFAULT),
            Path.of("key.json"),
            Optional.empty());
    try (Deployment live = engine.deploy(EngineSettings.DEFAULT, Path.of("."), Path.of("."));
        RunningEngine running = live.start()) {
      assertThat(engine.decides()).isTrue();
      assertThat(live.isOurs()).isFalse();
      assertThat(live.kind()).isEqualTo("live");
      assertThat(live.pids(running)).isEmpty();
      assertThat(running.flinkJob()).isEmpty();
      assertThat(running.settings())
          .containsEntry("bootstrap servers", "host:9092")
          .containsEntry("transactions topic", "transactions");
      assertThatThrownBy(live::testbed).isInstanceOf(UnsupportedOperationException.class);
      assertThatThrownBy(running::replaceWorker)
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining("left alone");
    }
  }
}
