package io.turnstile.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.result.Latency;
import io.turnstile.bench.result.Latency.LatencySummary;
import io.turnstile.bench.result.LeakResult;
import io.turnstile.bench.result.Point;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.RunResult.CheckpointResult;
import io.turnstile.bench.result.RunResult.FaultResult;
import io.turnstile.bench.result.RunResult.Objective;
import io.turnstile.bench.result.RunResult.ProcessResources;
import io.turnstile.bench.result.RunResult.RateStep;
import io.turnstile.bench.result.RunResult.Throughput;
import io.turnstile.bench.result.RunResultBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests the calls of the charting library. */
class ChartsTest {

  @TempDir private Path directory;

  @Test
  void repeatWithTheMedianTailIsInFront() throws IOException {
    try (ReportPage page =
        page(
            run("turnstile", 1).latencyMs(latency(30)),
            run("turnstile", 2).latencyMs(latency(10)),
            run("turnstile", 3).latencyMs(latency(20)),
            run("kafka-streams", 1).latencyMs(latency(50)))) {
      String series = "asked['a-latency-p99'].options.series.slice(1)";

      assertThat(json(page, series + ".map(s => s.label)"))
          .isEqualTo("[\"turnstile\",\"turnstile\",\"turnstile\",\"kafka-streams\"]");
      assertThat(json(page, series + ".map(s => s.class)"))
          .isEqualTo("[\"faint\",\"faint\",\"front\",\"front\"]");
      assertThat(json(page, series + ".map(s => s.stroke)"))
          .isEqualTo("[\"#0072b255\",\"#0072b255\",\"#0072b2\",\"#009e73\"]");
    }
  }

  @Test
  void oursComesFirstAndUnknownEngineLastWithColourOfItsOwn() throws IOException {
    try (ReportPage page =
        page(
            run("jmeter", 1).latencyMs(latency(30)),
            run("kafka-streams", 1).latencyMs(latency(20)),
            run("turnstile", 1).latencyMs(latency(10)))) {
      String series = "asked['a-latency-p99'].options.series.slice(1)";

      assertThat(json(page, series + ".map(s => s.label)"))
          .isEqualTo("[\"turnstile\",\"kafka-streams\",\"jmeter\"]");
      assertThat(json(page, series + ".map(s => s.stroke)"))
          .isEqualTo("[\"#0072b2\",\"#009e73\",\"#a0522d\"]");
    }
  }

  @Test
  void anotherRepeatIsInFrontWhereThatOneHasNothing() throws IOException {
    try (ReportPage page =
        page(
            run("turnstile", 1).latencyMs(latency(10)),
            run("turnstile", 2).search(List.of(new RateStep(20, 90, true))))) {
      assertThat(json(page, "asked['a-search'].options.series.slice(1).map(s => s.class)"))
          .isEqualTo("[\"front\"]");
    }
  }

  @Test
  void warmUpIsNotDrawnAndSecondWithoutVerdictsIsGap() throws IOException {
    Latency latency =
        new Latency(
            null,
            null,
            List.of(
                new Latency.Interval(-1, 90, 91, 92, 5L),
                new Latency.Interval(0, 1, 2, 3, 5L),
                new Latency.Interval(1, 0, 0, 0, 0L),
                new Latency.Interval(2, 4, 5, 6, 5L)));

    try (ReportPage page = page(run("turnstile", 1).latencyMs(latency))) {
      assertThat(lines(page, "a-latency-p50")).isEqualTo("[[[0,1,2],[1,null,4]]]");
      assertThat(lines(page, "a-latency-p99")).isEqualTo("[[[0,1,2],[2,null,5]]]");
    }
  }

  @Test
  void throughputEndsWithTheLastWholeSecondAndHasWhatWasSent() throws IOException {
    List<Point> seen = List.of(new Point(-1, 9), new Point(0, 7), new Point(1, 8), new Point(2, 1));
    List<Point> sent = List.of(new Point(0, 10), new Point(1, 10), new Point(2, 2));

    try (ReportPage page =
        page(run("turnstile", 1).throughput(new Throughput(7, seen, null, null, 7.0, sent)))) {
      assertThat(lines(page, "a-throughput")).isEqualTo("[[[0,1],[7,8]],[[0,1],[10,10]]]");
      assertThat(json(page, "asked['a-throughput'].options.series.slice(1).map(s => s.label)"))
          .isEqualTo("[\"turnstile\",\"published\"]");
    }
  }

  @Test
  void distributionEndsWhereOneRecordIsAllThatIsLeft() throws IOException {
    LatencySummary summary =
        new LatencySummary(
            1,
            1,
            2,
            3,
            4,
            5,
            6,
            1000L,
            List.of(new Point(0, 1), new Point(90, 2), new Point(99, 4), new Point(99.99, 6)));

    try (ReportPage page =
        page(run("turnstile", 1).latencyMs(new Latency(summary, null, List.of())))) {
      assertThat(
              json(
                  page,
                  "asked['a-latency-distribution'].lines[0][0].map(x => Math.round(x * 100))"))
          .isEqualTo("[0,100,200,300]");
      assertThat(json(page, "asked['a-latency-distribution'].lines[0][1]")).isEqualTo("[1,2,4,6]");
      assertThat(
              json(
                  page,
                  "asked['a-latency-distribution'].options.axes[0].values(null, [0, 1, 2, 3, 4])"))
          .isEqualTo("[\"0\",\"90\",\"99\",\"99.9\",\"99.99\"]");
    }
  }

  @Test
  void recoveryIsDrawnAroundTheFaultWhoseTimeIsZero() throws IOException {
    Latency latency =
        new Latency(
            null,
            null,
            Stream.of(5, 19, 20, 30, 55, 99)
                .map(t -> new Latency.Interval(t, 1, 2, t == 20 ? 5_000 : 10, 5L))
                .toList());

    try (ReportPage page =
        page(
            run("turnstile", 1)
                .latencyMs(latency)
                .faults(List.of(new FaultResult(20, "stop-broker", 3.0, 30.0, 25.0))))) {
      assertThat(lines(page, "a-recovery-1-latency")).isEqualTo("[[[-1,0,10,35],[10,5000,10,10]]]");
      assertThat(json(page, "asked['a-recovery-1-latency'].options.scales.y"))
          .as("values far apart are on a logarithmic axis")
          .isEqualTo("{\"distr\":3}");
      assertThat(page.table("a-recovery-table"))
          .containsExactly(
              "run | fault | at s | lasted s | first verdict after s | caught up after s | stages after s",
              "turnstile | stop-broker | 20.0 | 5.0 | 3.0 | 30.0 | ");
    }
  }

  @Test
  void processesOfTheEngineAreAddedUpWithoutTheLoad() throws IOException {
    try (ReportPage page =
        page(
            run("turnstile", 1)
                .resources(
                    List.of(
                        process("taskmanager", 0.98, 0.5),
                        process("broker", 1.02, 0.25),
                        process("load", 1.0, 9))))) {
      assertThat(lines(page, "a-cpu")).isEqualTo("[[[1],[0.75]]]");
      assertThat(page.table("a-resources-table"))
          .contains("turnstile | taskmanager | 0.50 | – | 0.25 | – | – | – | –")
          .contains(" | load | 9.00 | – | 4.50 | – | – | – | –");
    }
  }

  @Test
  void compilersOfEachProcessHaveALineOfTheirOwnWithoutTheLoad() throws IOException {
    try (ReportPage page =
        page(
            run("turnstile", 1)
                .resources(
                    List.of(
                        process("taskmanager", 1, 0.5),
                        process("broker", 1, 0.25),
                        process("load", 1, 9))),
            run("kafka-streams", 1).resources(List.of(process("broker", 2, 0.75))))) {
      String series = "asked['a-jit'].options.series.slice(1)";

      assertThat(lines(page, "a-jit")).isEqualTo("[[[1],[0.25]],[[1],[0.125]],[[2],[0.375]]]");
      assertThat(json(page, series + ".map(s => s.label)"))
          .isEqualTo(
              "[\"turnstile: taskmanager\",\"turnstile: broker\",\"kafka-streams: broker\"]");
      assertThat(json(page, "new Set(" + series + ".map(s => s.stroke)).size")).isEqualTo("3");
    }
  }

  @Test
  void searchIsDrawnByRateAndHasItsObjective() throws IOException {
    try (ReportPage page =
        page(
            run("turnstile", 1)
                .search(List.of(new RateStep(20, 90, true), new RateStep(10, 30, true)))
                .objectives(
                    List.of(
                        new Objective("committed p99", "< 100 ms", 30.0, true, false),
                        new Objective("committed p99", "< 50 ms", 30.0, true, true),
                        new Objective("committed p99.9", "< 300 ms", 30.0, true, false))))) {
      assertThat(lines(page, "a-search")).isEqualTo("[[[10,20],[30,90]]]");
      assertThat(json(page, "limits(report.scenarios[0], 'p99')"))
          .as("no goal, and no other percentile")
          .isEqualTo("[{\"at\":100,\"text\":\"objective: p99 < 100 ms\"}]");
    }
  }

  @Test
  void longRunIsDrawnInHoursAndEachProcessHasItsGrowth() throws IOException {
    List<Point> points = List.of(new Point(0, 1), new Point(10_800, 2));
    try (ReportPage page =
        page(
            run("turnstile", 1)
                .leaks(
                    new LeakResult(
                        LeakResult.Verdict.NO_LEAK,
                        List.of(trend("taskmanager", points), trend("broker", points)),
                        null)))) {
      assertThat(lines(page, "a-trend-heap-after-gc")).isEqualTo("[[[0,3],[1,2]],[[0,3],[1,2]]]");
      assertThat(
              json(
                  page, "asked['a-trend-heap-after-gc'].options.series.slice(1).map(s => s.label)"))
          .isEqualTo("[\"turnstile: taskmanager\",\"turnstile: broker\"]");
      assertThat(page.js("asked['a-trend-heap-after-gc'].options.axes[0].label"))
          .isEqualTo("time since the measured part began, h");
    }
  }

  @Test
  void chartsFollowTheWindowAndThePaper() throws IOException {
    try (ReportPage page =
        page(
            run("turnstile", 1)
                .checkpoints(
                    List.of(
                        new CheckpointResult(1, 200, 5.0, 9.0),
                        new CheckpointResult(11, 100, 7.0, 8.0))))) {
      assertThat(page.table("a-checkpoints-table"))
          .contains("turnstile | 2 | 150 | 200 | 7.0 | 9.0");
      page.js("dispatchEvent(new Event('beforeprint'))");
      assertThat(page.js("asked['a-checkpoints'].options.width")).isEqualTo(690.0);
      assertThat(page.js("document.documentElement.className")).isEqualTo("print");
      page.js("dispatchEvent(new Event('afterprint'))");
      assertThat(page.js("document.documentElement.className")).isEqualTo("");
      assertThat(page.js("asked['a-checkpoints'].options.width === drawn[0].place.clientWidth"))
          .isEqualTo(true);
    }
  }

  private ReportPage page(RunResultBuilder... runs) throws IOException {
    Path html = directory.resolve("report.html");
    ReportFiles.write(Stream.of(runs).map(RunResultBuilder::build).toList(), List.of(), html);
    return new ReportPage(html);
  }

  private static String lines(ReportPage page, String chart) {
    return json(page, "asked['" + chart + "'].lines");
  }

  private static String json(ReportPage page, String expression) {
    return page.js("JSON.stringify(" + expression + ")").toString();
  }

  private static RunResultBuilder run(String engine, int repeat) {
    return RunResult.builder("a", engine).repeat(repeat);
  }

  private static Latency latency(double p99) {
    return new Latency(
        new LatencySummary(1, 1, 1, 1, p99, p99, p99, 10L, List.of()),
        null,
        List.of(new Latency.Interval(0, 1, p99, p99, 10L)));
  }

  private static ProcessResources process(String name, double t, double cores) {
    return new ProcessResources(
        name,
        cores,
        null,
        cores / 2,
        null,
        null,
        null,
        null,
        List.of(new ProcessResources.Sample(t, cores, cores / 2, null, null)));
  }

  private static LeakResult.Trend trend(String process, List<Point> points) {
    return new LeakResult.Trend(
        process, "heap after GC", "MiB", LeakResult.Verdict.NO_LEAK, 0.0, -1.0, 1.0, 2.0, points);
  }
}
