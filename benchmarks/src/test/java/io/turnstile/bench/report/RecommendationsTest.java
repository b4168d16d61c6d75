package io.turnstile.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.result.Environment;
import io.turnstile.bench.result.Latency;
import io.turnstile.bench.result.Latency.LatencySummary;
import io.turnstile.bench.result.Point;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.RunResult.CheckpointResult;
import io.turnstile.bench.result.RunResult.ConsumerLag;
import io.turnstile.bench.result.RunResult.FaultResult;
import io.turnstile.bench.result.RunResult.Load;
import io.turnstile.bench.result.RunResult.ProcessResources;
import io.turnstile.bench.result.RunResult.RateStep;
import io.turnstile.bench.result.RunResult.Throughput;
import io.turnstile.bench.result.RunResultBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecommendationsTest {

  @TempDir private Path directory;

  @Test
  void nothingIsAdvisedWithoutMetrics() throws IOException {
    assertThat(advice(run("turnstile"))).isEmpty();
  }

  @Test
  void otherEnginesAreNotAdvised() throws IOException {
    assertThat(
            advice(
                run("kafka-streams")
                    .search(List.of(new RateStep(20_000, 78, true)))
                    .faults(List.of(new FaultResult(1, "stop-broker", 3.0, 30.0, 25.0)))))
        .isEmpty();
  }

  @Test
  void rateLeavesRoomForCatchingUp() throws IOException {
    assertThat(
            advice(
                run("turnstile")
                    .search(
                        List.of(
                            new RateStep(10_000, 31, true),
                            new RateStep(20_000, 78, true),
                            new RateStep(30_000, 2_400, false)))))
        .containsExactly(
            "Rate: 20,000/s is the highest rate tried that held the latency objective (p99 78 ms)."
                + " Plan for 14,000/s per machine like this one, 70 % of it: the rest is for"
                + " catching up after a failure.");
  }

  @Test
  void whatSaturatesFirstIsNamedAndParallelismFollows() throws IOException {
    assertThat(
            advice(
                run("turnstile")
                    .environment(machine(0.1))
                    .throughput(new Throughput(8_000, List.of(), null, null, 8_000.0, List.of()))
                    .resources(
                        List.of(
                            process("broker", 0.6, 512, null),
                            process("taskmanager", 1.0, 1_536, null),
                            process("load", 0.2, 0, null)))))
        .containsExactly(
            "The CPU saturates first: at 8,000/s (a) 90 % of 2 cores and 20 % of the memory were in"
                + " use. Cores by process: taskmanager 1.00, broker 0.60, load 0.20. There is"
                + " nothing left: more throughput takes more cores, or the broker and the load on"
                + " machines of their own.",
            "Parallelism and partitions: a TaskManager core carries 8,000 verdicts/s (a). With"
                + " cores 70 % busy, one slot for each: 10,000/s: parallelism 2, 4 input"
                + " partitions, 8 lanes; 50,000/s: parallelism 9, 18 input partitions, 36 lanes;"
                + " 100,000/s: parallelism 18, 36 input partitions, 72 lanes. Lanes are fixed when"
                + " the topics are made, so take 2 to 4 for each slot planned. Beyond the rates"
                + " measured this is extrapolated.");
  }

  @Test
  void slowSecondsWithCheckpointAreToldFromThoseWithout() throws IOException {
    Latency latency =
        new Latency(
            null,
            null,
            IntStream.range(0, 10)
                .mapToObj(t -> new Latency.Interval(t, 1, t == 3 || t == 4 ? 60 : 20, 90, 5L))
                .toList());
    List<CheckpointResult> checkpoints = List.of(new CheckpointResult(3.5, 800, null, null));

    assertThat(advice(run("turnstile").latencyMs(latency).checkpoints(checkpoints)))
        .containsExactly(
            "Checkpoints: in a the p99 of seconds with a checkpoint is 60.0 ms, of the others 20.0"
                + " ms. Checkpoints further apart, or smaller write buffers, make the tail"
                + " shorter.");
    assertThat(advice(run("turnstile").latencyMs(latency))).isEmpty();
  }

  @Test
  void longPauseThatReachesIntoTheTailIsNamed() throws IOException {
    assertThat(
            advice(
                run("turnstile")
                    .latencyMs(latency(30))
                    .resources(List.of(process("taskmanager", null, null, 40.0)))))
        .singleElement()
        .asString()
        .startsWith(
            "Garbage collection: in a the longest pause of taskmanager (40 ms) reaches into the"
                + " p99.9 (60 ms).");
  }

  @Test
  void lagThatStillGrowsIsNamed() throws IOException {
    List<Point> growing = IntStream.range(0, 10).mapToObj(t -> new Point(t, t * 300)).toList();
    List<Point> level = IntStream.range(0, 10).mapToObj(t -> new Point(t, 2_700)).toList();
    Load load = new Load(1_000.0, 10_000, 0, 10);

    assertThat(advice(run("turnstile").load(load).consumerLag(new ConsumerLag(2_700, growing))))
        .containsExactly(
            "Lag: in a it was still growing at the end (2,700 records): the engine does not keep"
                + " up with 1,000/s on this machine.");
    assertThat(advice(run("turnstile").load(load).consumerLag(new ConsumerLag(2_700, level))))
        .isEmpty();
  }

  @Test
  void slowestRecoveryIsNamed() throws IOException {
    assertThat(
            advice(
                run("turnstile")
                    .faults(
                        List.of(
                            new FaultResult(1, "kill-taskmanager", 3.0, 9.5, null),
                            new FaultResult(60, "stop-broker", 11.0, 14.5, 70.0),
                            new FaultResult(99, "kill-jobmanager", 2.0, null, null)))))
        .singleElement()
        .asString()
        .startsWith(
            "Recovery: the slowest was stop-broker (a), first verdict after 11.0 s, caught up after"
                + " 14.5 s.");
  }

  @Test
  void spreadOfRepeatsIsNamed() throws IOException {
    assertThat(
            advice(
                run("turnstile").latencyMs(latency(20)),
                run("turnstile").repeat(2).latencyMs(latency(26))))
        .containsExactly(
            "Spread: the p99 of the repeats of a lies between 20.0 and 26.0 ms. Judge by ratios"
                + " within a run of several engines, or repeat more often.");
    assertThat(
            advice(
                run("turnstile").latencyMs(latency(20)),
                run("turnstile").repeat(2).latencyMs(latency(24))))
        .isEmpty();
  }

  @Test
  void machineThatWasBusyBeforeIsNamed() throws IOException {
    assertThat(advice(run("turnstile").environment(machine(0.5)))).isEmpty();
    assertThat(
            advice(
                run("turnstile").environment(machine(0.9)),
                run("kafka-streams").environment(machine(1.2))))
        .singleElement()
        .asString()
        .startsWith("Quiet: before a on kafka-streams the machine already had a load of 1.2 on 2");
  }

  private List<String> advice(RunResultBuilder... runs) throws IOException {
    Path html = directory.resolve("report.html");
    ReportFiles.write(Stream.of(runs).map(RunResultBuilder::build).toList(), List.of(), html);
    try (ReportPage page = new ReportPage(html)) {
      return page.texts("#recommendations li");
    }
  }

  private static RunResultBuilder run(String engine) {
    return RunResult.builder("a", engine);
  }

  private static Latency latency(double p99) {
    return new Latency(
        new LatencySummary(1, 1, 1, 1, p99, 2 * p99, 900, 10L, List.of()), null, List.of());
  }

  private static ProcessResources process(String name, Double cores, Integer rss, Double pause) {
    return new ProcessResources(
        name,
        cores,
        null,
        null,
        rss == null ? null : rss.doubleValue(),
        pause,
        null,
        null,
        List.of());
  }

  private static Environment machine(double loadBefore) {
    return new Environment(
        2, 10, "17", "2.2.1", "4.3.1", "processes", null, null, null, loadBefore);
  }
}
