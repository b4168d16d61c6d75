package io.turnstile.bench.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.turnstile.bench.engine.Engine;
import io.turnstile.bench.engine.Engines;
import io.turnstile.bench.run.Benchmark.RunSetup;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.bench.scenario.Scenarios;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class BenchmarkTest {

  @Test
  void enginesTakeTurnsWithinAScenario() throws Exception {
    Scenario scenario = Scenarios.shipped(Engines.names()).named("steady-10k");
    List<Engine> engines = List.of(Engines.named("turnstile"), Engines.named("turnstile-2pc"));

    assertThat(Benchmark.plan(List.of(scenario), engines, 2, Path.of("out"), "the test", false))
        .extracting(planned -> planned.engine().name(), RunSetup::repeat)
        .containsExactly(
            tuple("turnstile", 1),
            tuple("turnstile-2pc", 1),
            tuple("turnstile", 2),
            tuple("turnstile-2pc", 2));
  }
}
