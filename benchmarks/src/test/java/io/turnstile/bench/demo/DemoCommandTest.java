package io.turnstile.bench.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.engine.Engines;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.bench.scenario.Scenarios;
import io.turnstile.simulator.GeneratorOptions;
import io.turnstile.simulator.Kind;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class DemoCommandTest {

  @Test
  void killComesFortyPercentOnTheWay() throws Exception {
    for (int seconds : new int[] {10, 20, 60, 300}) {
      Scenario demo = demo(Duration.ofSeconds(seconds), true);
      Duration killed = demo.load().warmUp().plus(demo.faults().get(0).at());

      assertThat(killed).isEqualTo(Duration.ofSeconds(seconds * 2L / 5));
      assertThat(demo.load().warmUp().plus(demo.load().length()))
          .isEqualTo(Duration.ofSeconds(seconds));
    }
    assertThat(demo(Duration.ofSeconds(60), false).faults()).isEmpty();
  }

  @Test
  void warmUpIsAFifthAtMostTenSeconds() throws Exception {
    assertThat(demo(Duration.ofSeconds(60), true).load().warmUp())
        .isEqualTo(Duration.ofSeconds(10));
    assertThat(demo(Duration.ofSeconds(10), true).load().warmUp()).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void optionsTakeThePlaceOfWhatTheFileSays() throws Exception {
    Scenario demo = demo(Duration.ofSeconds(60), true);

    assertThat(demo.load().peakRate()).isEqualTo(250);
    assertThat(demo.load().seed()).isEqualTo(7);
    assertThat(demo.engine().lanes()).isEqualTo(4);
    assertThat(demo.engine().parallelism()).isEqualTo(4);
  }

  @Test
  void everyKindButTooLargeRecordsIsSent() throws Exception {
    GeneratorOptions mixed = new GeneratorOptions().mixed();
    Scenario demo = demo(Duration.ofSeconds(60), true);

    for (Kind kind : Kind.values()) {
      assertThat(demo.load().shares().getOrDefault(kind, 0.0))
          .as(kind.name())
          .isEqualTo(mixed.share(kind));
    }
  }

  private static Scenario demo(Duration length, boolean faults) throws Exception {
    Scenario scenario = Scenarios.shipped(Engines.names()).named("demo");
    return DemoCommand.fitted(scenario, length, 250, 7, 4, faults);
  }
}
