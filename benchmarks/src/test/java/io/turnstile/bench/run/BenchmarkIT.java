package io.turnstile.bench.run;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.engine.Engines;
import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.RunResult.FlameGraphFile;
import io.turnstile.bench.result.RunResult.ProcessResources;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.bench.scenario.Scenarios;
import io.turnstile.testbed.LeakCheck;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way once: scenario, Kafka, Flink, load, measurement, audit, result. */
class BenchmarkIT {

  @TempDir private Path directory;

  @AfterAll
  static void leavesNothingRunning() {
    LeakCheck.assertNothingLeft();
  }

  @Test
  void shortRunIsMeasuredAuditedAndWritten() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("short.yaml"),
            """
            description: A few seconds of everything.
            load:
              rate: 200
              warm_up: 2s
              duration: 5s
              customers: 100
              products: 100
              refresh_tokens: true
              mix: {duplicates: 0.1, expired: 0.05, malformed: 0.05}
            objectives: {success_percent: 100, dedup_percent: 100, token_refresh_percent: 100}
            """);
    Scenario scenario = Scenarios.read(file, Engines.names());
    Progress progress = new Progress(new PrintWriter(System.out, true, UTF_8), false);

    List<RunResult> results =
        Benchmark.run(
            Benchmark.plan(
                List.of(scenario),
                List.of(Engines.named("turnstile")),
                1,
                directory.resolve("out"),
                "the test",
                true),
            progress);

    RunResult result =
        ResultFile.read(directory.resolve(Path.of("out", "short", "turnstile-1", "result.json")));
    assertThat(results).hasSize(1);
    assertThat(result.failure()).isNull();
    assertThat(result.passed()).isTrue();
    assertThat(result.audit().inputs()).isEqualTo(result.load().sent()).isGreaterThan(1_400);
    assertThat(result.audit().rejected()).containsKeys("DUPLICATE_ID", "TOKEN_EXPIRED");
    assertThat(result.objectives()).hasSize(3).allMatch(objective -> objective.met());
    assertThat(result.latencyMs().committed().count()).isBetween(900L, 1_200L);
    assertThat(result.latencyMs().series()).hasSizeGreaterThanOrEqualTo(7);
    assertThat(result.latencyMs().series().get(0).t()).isEqualTo(-2);
    assertThat(result.throughput().series().stream().mapToLong(point -> (long) point.y()).sum())
        .isEqualTo(result.audit().verdicts());
    assertThat(result.resources())
        .extracting(ProcessResources::process)
        .contains("taskmanager-1", "jobmanager", "broker", "load");
    assertThat(result.settings()).containsEntry("job --commit", "journal");
    assertThat(result.flameGraphs())
        .extracting(FlameGraphFile::process)
        .contains("taskmanager-1", "jobmanager", "broker");
    assertThat(result.flameGraphs())
        .allSatisfy(graph -> assertThat(graph.directory().resolve(graph.file())).isNotEmptyFile());
    assertThat(result.notes()).anyMatch(note -> note.startsWith("Profiled for "));
    assertThat(result.environment().flink()).isEqualTo("2.2.1");
  }

  @Tag("extended")
  @Test
  void shortRunBesideFeedsComparesTheirFaultsWithTheTimeBefore() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("feeds.yaml"),
            """
            description: Twelve feeds, of which three have a fault for a moment each.
            procedure: feeds
            load:
              rate: 100
              warm_up: 40s
              duration: 50s
              customers: 100
              products: 100
            engine:
              job:
                carry-fields: channel
                reference: %s
            faults:
              - {at: 8s, fault: feed-down, for: 6s}
              - {at: 20s, fault: feed-slow, for: 6s}
              - {at: 32s, fault: feed-lying, for: 6s}
            objectives: {success_percent: 100}
            goals: {feeds_p99_move_percent: 20, feeds_age_move_s: 5}
            """
                .formatted(
                    Stream.of("http", "csv", "jdbc", "topic")
                        .map("tariff-%s:keyed-by=product"::formatted)
                        .collect(Collectors.joining(";"))));
    Progress progress = new Progress(new PrintWriter(System.out, true, UTF_8), false);

    List<RunResult> results =
        Benchmark.run(
            Benchmark.plan(
                List.of(Scenarios.read(file, Engines.names())),
                List.of(Engines.named("turnstile")),
                1,
                directory.resolve("out"),
                "the test",
                false),
            progress);

    RunResult result = results.get(0);
    assertThat(result.failure()).isNull();
    assertThat(result.passed()).isTrue();
    assertThat(result.faults())
        .extracting(RunResult.FaultResult::fault)
        .containsExactly("feed-down", "feed-slow", "feed-lying");
    assertThat(result.figures())
        .extracting(RunResult.ScenarioMetric::name)
        .contains(
            "feed-down: p99",
            "feed-down: p99 before",
            "feed-down: other feeds older by",
            "feed-slow: other feeds older by",
            "feed-lying: p99");
    assertThat(result.objectives()).allMatch(objective -> objective.actual() != null);
    assertThat(result.notes()).noneMatch(note -> note.startsWith("An alert fired"));
    assertThat(result.resources())
        .extracting(ProcessResources::process)
        .contains("application-1", "taskmanager-1");
  }

  @Tag("extended")
  @Test
  void shortRunOverHttpIsMeasuredAndItsAnswersAreAudited() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("http.yaml"),
            """
            description: A few seconds of what a gateway answers, with a crash on the way.
            load:
              rate: 200
              connections: 50
              duration: 8s
              customers: 100
              products: 100
              refresh_tokens: true
              mix: {duplicates: 0.1, conflicts: 0.05, expired: 0.05, malformed: 0.05}
            faults:
              - {at: 3s, fault: kill-taskmanager}
            objectives: {success_percent: 100}
            """);
    Progress progress = new Progress(new PrintWriter(System.out, true, UTF_8), false);

    List<RunResult> results =
        Benchmark.run(
            Benchmark.plan(
                List.of(Scenarios.read(file, Engines.names())),
                List.of(Engines.named("turnstile")),
                1,
                directory.resolve("out"),
                "the test",
                false),
            progress);

    RunResult result = results.get(0);
    assertThat(result.failure()).isNull();
    assertThat(result.passed()).isTrue();
    assertThat(result.latencyMs().committed().count()).isGreaterThanOrEqualTo(1_600);
    assertThat(result.audit().rejected()).containsKeys("DUPLICATE_ID", "ID_CONFLICT");
    assertThat(result.notes())
        .anyMatch(note -> note.matches("Answers: .* unanswered 0, .* accepted twice 0\\."));
    assertThat(result.resources())
        .extracting(ProcessResources::process)
        .contains("application-1", "taskmanager-1");
  }
}
