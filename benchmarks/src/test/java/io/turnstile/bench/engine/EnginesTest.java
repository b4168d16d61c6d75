package io.turnstile.bench.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.bench.scenario.EngineSettings;
import io.turnstile.clients.TokenClaims;
import io.turnstile.events.CarriedFields;
import io.turnstile.events.TopicNames;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.testbed.JobAdditions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EnginesTest {

  @Test
  void oursComesFirst() {
    assertThat(Engines.names())
        .containsExactly(
            "turnstile",
            "turnstile-2pc",
            "turnstile-postgresql",
            "kafka-streams",
            "kafka-limit",
            "turnstile-jdbc-xa",
            "kafka-streams-standby",
            "kafka-streams-transactional",
            "redis-recipe");
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
            new TokenClaims("https://idp.example", "turnstile", null),
            new JobAdditions(List.of(), CarriedFields.of(List.of("channel"))),
            Optional.empty());
    try (Deployment live = engine.deploy(EngineSettings.DEFAULT, Path.of("."), Path.of("."));
        RunningEngine running = live.start()) {
      assertThat(engine.decides()).isTrue();
      assertThat(live.isOurs()).isFalse();
      assertThat(live.kind()).isEqualTo("live");
      assertThat(live.tokenClaims().issuer()).isEqualTo("https://idp.example");
      assertThat(running.additions().carried().names()).containsExactly("channel");
      assertThat(running.pids()).isEmpty();
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
