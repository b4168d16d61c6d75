package io.turnstile.bench.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.bench.engine.Engines;
import io.turnstile.bench.scenario.Scenario.Fault;
import io.turnstile.bench.scenario.Scenario.PlannedFault;
import io.turnstile.bench.scenario.Scenario.RatioLimit;
import io.turnstile.simulator.Generator;
import io.turnstile.simulator.Kind;
import io.turnstile.simulator.RateStage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ScenariosTest {

  private static final Path SHIPPED =
      Path.of(System.getProperty("turnstile.home"), "benchmarks", "scenarios");

  @TempDir private Path directory;

  static List<String> shipped() throws IOException {
    return new Scenarios(SHIPPED, Engines.names()).names();
  }

  @ParameterizedTest
  @MethodSource("shipped")
  void shippedScenarioCanBeReadAndHasObjectives(String name) throws Exception {
    Scenario scenario = new Scenarios(SHIPPED, Engines.names()).named(name);

    assertThat(scenario.description()).endsWith(".").doesNotContain("\n");
    assertThat(scenario.objectives()).isNotEmpty();
    LoadProfile load = scenario.load();
    assertThatCode(() -> new Generator(load.generator(load.meanRate()))).doesNotThrowAnyException();
  }

  @Test
  void everythingSaidIsTakenOver() throws Exception {
    Scenario scenario =
        read(
            """
            description: All of it.
            load:
              stages:
                - {rate: 100, for: 10s}
                - {from: 100, to: 300, for: 20s}
              warm_up: 5s
              customers: 7
              mix: {duplicates: 0.25, expired: 0.125}
              refresh_tokens: true
            faults:
              - {at: 20s, fault: pause-taskmanager, for: 15s}
              - {at: 10s, fault: kill-taskmanager}
            engine:
              parallelism: 1
              peer_threads: 3
              lanes: 4
              memory: 2g
              job: {commit-interval: 5ms, commits-per-second: 100}
            objectives: {committed_p99_ms: 100}
            goals: {committed_p999_ms: 50}
            ratios:
              - {figure: committed_p50_ms, to: kafka-streams, at_most: 1.5}
              - {figure: drain_per_s, of: turnstile-2pc, to: kafka-limit, at_least: 0.25, goal: true}
            """);

    LoadProfile load = scenario.load();
    assertThat(load.stages())
        .containsExactly(
            RateStage.constant(Duration.ofSeconds(10), 100),
            new RateStage(Duration.ofSeconds(20), 100, 300));
    assertThat(load.allStages().get(0)).isEqualTo(RateStage.constant(Duration.ofSeconds(5), 100));
    assertThat(load.meanRate()).isEqualTo(5_000 / 30.0);
    assertThat(load.peakRate()).isEqualTo(300);
    assertThat(load.customers()).isEqualTo(7);
    assertThat(load.products()).isEqualTo(10_000);
    assertThat(load.refreshTokens()).isTrue();
    assertThat(load.shares())
        .containsEntry(Kind.DUPLICATE, 0.25)
        .containsEntry(Kind.EXPIRED, 0.125)
        .hasSize(2);
    assertThat(scenario.faults())
        .containsExactly(
            new PlannedFault(Duration.ofSeconds(10), Fault.KILL_TASKMANAGER, Duration.ZERO),
            new PlannedFault(
                Duration.ofSeconds(20), Fault.PAUSE_TASKMANAGER, Duration.ofSeconds(15)));
    assertThat(scenario.engine().parallelism()).isEqualTo(1);
    assertThat(scenario.engine().peerThreads()).isEqualTo(3);
    assertThat(scenario.engine().lanes()).isEqualTo(4);
    assertThat(scenario.engine().memory()).isEqualTo("2g");
    assertThat(scenario.engine().job())
        .containsEntry("commit-interval", "5ms")
        .containsEntry("commits-per-second", "100");
    assertThat(scenario.objectives()).containsEntry(Metric.COMMITTED_P99_MS, 100.0);
    assertThat(scenario.goals()).containsEntry(Metric.COMMITTED_P999_MS, 50.0);
    assertThat(scenario.ratios())
        .containsExactly(
            new RatioLimit("committed_p50_ms", "turnstile", "kafka-streams", 1.5, null, false),
            new RatioLimit("drain_per_s", "turnstile-2pc", "kafka-limit", null, 0.25, true));
    assertThat(scenario.p99LimitMs()).isEqualTo(100);
  }

  @Test
  void whatIsNotSaidHasItsDefault() throws Exception {
    Scenario scenario = read("description: D.\nload: {rate: 1}\nobjectives: {}\n");

    assertThat(scenario.name()).isEqualTo("wrong");
    assertThat(scenario.procedure()).isEqualTo(Scenario.Procedure.OPEN_LOOP);
    assertThat(scenario.load().stages())
        .containsExactly(RateStage.constant(Duration.ofSeconds(60), 1));
    assertThat(scenario.load().productSkew()).isEqualTo(1);
    assertThat(scenario.load().tokenLifetime()).isEqualTo(Duration.ofMinutes(5));
    assertThat(scenario.load().seed()).isEqualTo(1);
    assertThat(scenario.engine())
        .isEqualTo(
            new EngineSettings(
                2, 2, 2, "3g", "low-latency", "processes", "local", Map.of(), Map.of()));
    assertThat(scenario.faults()).isEmpty();
    assertThat(scenario.goals()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "load: {rate: 0} | load/rate | above 0",
        "load: {records: 0} | load/records | at least 1",
        "load: {rate: 1, customers: 0} | load/customers | at least 1",
        "load: {rate: 1, customers: '7'} | load/customers | number",
        "load: {rate: 1, hot_customer: 1.5} | load/hot_customer | 0 to 1",
        "load: {rate: 1, refresh_tokens: 1} | load/refresh_tokens | boolean",
        "load: {rate: 1, stages: []} | load | stages",
        "load: {stages: []} | load | at least one",
        "load: {rate: 1}; ratios: [{figure: drain_per_s, at_most: 1}] | ratios/0/to | required",
        "load: {rate: 1}; ratios: [{to: kafka-limit, at_most: 1}] | ratios/0/figure | required",
        "load: {stages: [{rate: 1}]} | load/stages/0 | for",
        "load: {rate: 1}; faults: [{fault: stop-broker}] | faults/0/at | required",
        "load: {rate: 1}; faults: [{at: 1s, fault: 1}] | faults/0/fault | stop-broker",
        "load: {rate: 1}; procedure: closed | procedure | open-loop",
        "load: {rate: 1}; engine: {memory: much} | engine/memory | pattern",
        "load: {rate: 1}; engine: {testbed: cloud} | engine/testbed | containers",
        "load: {rate: 1}; ratios: [{figure: drain_per_s, to: kafka-limit, at_most: 0}] | ratios/0/at_most | above 0",
        "load: {rate: 1, rat: 2} | load | rat",
        "load: {rate: 1}; extra: 1 | additional | extra",
        "load: {rate: fast} | load/rate | number",
        "load: {rate: 1, mix: {duplicate: 0.1}} | load/mix | duplicate",
        "load: {rate: 1, mix: {duplicates: 2}} | load/mix/duplicates | 1",
        "load: {rate: 1, duration: 5} | load/duration | string",
        "load: {rate: 1, duration: 5 s} | load/duration | pattern",
        "load: {stages: [{rate: 1, from: 1, to: 2, for: 1s}]} | load/stages/0 | one",
        "load: {rate: 1}; faults: [{at: 1s, fault: kill-it}] | faults/0/fault | kill-taskmanager",
        "load: {rate: 1}; faults: [{at: 1s, fault: rescale}] | faults/0 | to: rescale needs it",
        "load: {rate: 1}; faults: [{at: 1s, fault: upgrade, to: 2}] | faults/0 | no other fault",
        "load: {rate: 1}; faults: [{at: 1s, fault: rescale, to: 3}] | faults | lanes (2)",
        "load: {rate: 1}; engine: {parallelism: 3} | parallelism | lanes (2)",
        "load: {rate: 1}; engine: {peer_threads: 3} | peer_threads | lanes (2)",
        "load: {rate: 1}; faults: [{at: 1s, fault: cut-from-broker}] | faults | containers",
        "load: {rate: 1}; faults: [{at: 1s, fault: feed-down}] | faults | procedure feeds",
        "load: {rate: 1}; engine: {testbed: containers}; faults: [{at: 1s, fault: pause-key-server}] | faults | processes",
        "load: {rate: 1}; engine: {testbed: containers, checkpoint_storage: slow} | checkpoint_storage | local",
        "load: {stages: [{rate: 1, for: 1s}], duration: 5s} | load | stages",
        "load: {rate: 1}; ratios: [{figure: leaks, to: kafka-limit, at_most: 1}] | figure | drain",
        "load: {rate: 1}; ratios: [{figure: drain_per_s, to: kafka-limit}] | ratios/0 | at_most",
        "load: {rate: 1}; ratios: [{figure: drain_per_s, to: other, at_most: 1}] | engine | other",
        "load: {rate: 1, users: [5]} | load/users | http-users",
        "load: {rate: 1}; procedure: http-users | load/users | http-users",
        "load: {records: 1, users: [0]}; procedure: http-users | load/users | at least 1",
        "load: {records: 1, users: [5], connections: 4}; procedure: http-users | load/connections | at least 5",
        "load: {rate: 1, connections: 5}; engine: {testbed: containers} | load/connections | containers",
        "load: {} | load | rate"
      })
  void mistakeIsNamedWithFileAndKey(String yaml, String key, String what) {
    String text =
        "description: Wrong.\nobjectives: {committed_p50_ms: 1}\n" + yaml.replace("; ", "\n");

    assertThatThrownBy(() -> read(text))
        .isInstanceOf(ScenarioException.class)
        .hasMessageContainingAll("wrong.yaml", key, what)
        .message()
        .doesNotContain("\n");
  }

  @Test
  void whatIsRequiredIsNamed() {
    assertThatThrownBy(() -> read("load: {rate: 1}\nobjectives: {}\n"))
        .isInstanceOf(ScenarioException.class)
        .hasMessageContaining("description: is required");
    assertThatThrownBy(() -> read("description: D.\nload: {rate: 1}\n"))
        .isInstanceOf(ScenarioException.class)
        .hasMessageContaining("objectives: is required");
    assertThatThrownBy(() -> read("description: D.\nobjectives: {}\n"))
        .isInstanceOf(ScenarioException.class)
        .hasMessageContaining("load: is required");
  }

  @Test
  void unknownFigureIsNamedTogetherWithThoseThereAre() {
    assertThatThrownBy(
            () -> read("description: D.\nload: {rate: 1}\nobjectives: {commited_p99_ms: 1}\n"))
        .isInstanceOf(ScenarioException.class)
        .hasMessageContainingAll("wrong.yaml", "objectives", "commited_p99_ms", "committed_p99_ms");
  }

  @Test
  void everyFigureOfRatioIsKnown() throws Exception {
    for (Metric metric : RatioLimit.METRICS) {
      String figure = metric.key();
      Scenario scenario =
          read(
              "description: D.\nload: {rate: 1}\nobjectives: {}\n"
                  + "ratios: [{figure: %s, to: kafka-limit, at_most: 1}]\n".formatted(figure));

      assertThat(scenario.ratios().get(0).figure()).isEqualTo(figure);
    }
  }

  @Test
  void anyEngineMayBeComparedWhereTheirNamesAreNotKnown() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("wrong.yaml"),
            """
            description: D.
            load: {rate: 1}
            objectives: {}
            ratios: [{figure: drain_per_s, to: other, at_most: 1}]
            """);

    assertThat(Scenarios.read(file, List.of()).ratios())
        .containsExactly(new RatioLimit("drain_per_s", "turnstile", "other", 1.0, null, false));
  }

  @Test
  void keyThatComesTwiceIsRefused() {
    assertThatThrownBy(
            () -> read("description: D.\ndescription: E.\nload: {rate: 1}\nobjectives: {}\n"))
        .isInstanceOf(ScenarioException.class)
        .hasMessageContainingAll("wrong.yaml", "description");
  }

  @Test
  void unknownScenarioIsNamedTogetherWithThoseThereAre() throws IOException {
    Files.writeString(directory.resolve("this.yaml"), "");

    assertThatThrownBy(() -> new Scenarios(directory, Engines.names()).named("that"))
        .isInstanceOf(ScenarioException.class)
        .hasMessageContainingAll("that", "this");
  }

  @Test
  void otherDurationAndRateKeepTheShape() throws Exception {
    LoadProfile load =
        read("""
                description: Shape.
                load:
                  warm_up: 3s
                  stages: [{rate: 10, for: 10s}, {rate: 40, for: 30s}]
                objectives: {committed_p99_ms: 100}
                """)
            .load();

    LoadProfile other = load.lasting(Duration.ofSeconds(20)).peakingAt(20);

    assertThat(other.allStages())
        .containsExactly(
            RateStage.constant(Duration.ofSeconds(3), 5),
            RateStage.constant(Duration.ofSeconds(5), 5),
            RateStage.constant(Duration.ofSeconds(15), 20));
  }

  @Test
  void theLastThirdOfAWarmUpHasTheRateThatIsMeasured() throws Exception {
    LoadProfile load =
        read("""
                description: Warm-up.
                load: {rate: 100, duration: 10s, warm_up: 30s, warm_up_rate: 40}
                objectives: {committed_p99_ms: 100}
                """)
            .load();

    assertThat(load.allStages())
        .containsExactly(
            RateStage.constant(Duration.ofSeconds(20), 40),
            RateStage.constant(Duration.ofSeconds(10), 100),
            RateStage.constant(Duration.ofSeconds(10), 100));
  }

  @Test
  void otherNumberIsOfPreloadedRecordsWhereThoseHaveOne() throws Exception {
    LoadProfile unpaced = load("records: 50");
    LoadProfile preloaded = load("rate: 10, preload: 50");

    assertThat(unpaced.sending(7)).isEqualTo(unpaced.withRecords(7L));
    assertThat(preloaded.sending(7)).isEqualTo(preloaded.withPreload(7L));
  }

  private LoadProfile load(String load) throws Exception {
    return read("description: D.\nload: {%s}\nobjectives: {}\n".formatted(load)).load();
  }

  @Test
  void fileOfAnyNameIsRead() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("x"), "description: D.\nload: {rate: 1}\nobjectives: {}\n");

    assertThat(Scenarios.read(file, Engines.names()).name()).isEqualTo("x");
  }

  private Scenario read(String yaml) throws IOException, ScenarioException {
    return Scenarios.read(
        Files.writeString(directory.resolve("wrong.yaml"), yaml), Engines.names());
  }
}
