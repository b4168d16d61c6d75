package io.turnstile.bench.report;

import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.Environment;
import io.turnstile.bench.result.Latency;
import io.turnstile.bench.result.Latency.LatencySummary;
import io.turnstile.bench.result.LeakResult;
import io.turnstile.bench.result.Point;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.RunResult.CheckpointResult;
import io.turnstile.bench.result.RunResult.ConsumerLag;
import io.turnstile.bench.result.RunResult.FaultResult;
import io.turnstile.bench.result.RunResult.Load;
import io.turnstile.bench.result.RunResult.Objective;
import io.turnstile.bench.result.RunResult.ProcessResources;
import io.turnstile.bench.result.RunResult.RateStep;
import io.turnstile.bench.result.RunResult.ScenarioMetric;
import io.turnstile.bench.result.RunResult.Shares;
import io.turnstile.bench.result.RunResult.Throughput;
import io.turnstile.bench.result.RunResultBuilder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.HdrHistogram.Histogram;

/** Made-up results that look like measured ones, always the same. */
public final class SampleResults {

  private static final Instant START = Instant.parse("2026-01-31T12:00:00Z");

  private final String scenario;
  private final String engine;
  private final int repeat;
  private final Random random;
  private final double median;
  private int seconds = 60;
  private double rate = 10_000;
  private double faultAt = -1;

  private SampleResults(String scenario, String engine, int repeat) {
    this.scenario = scenario;
    this.engine = engine;
    this.repeat = repeat;
    random = new Random((scenario + engine + repeat).hashCode());
    median =
        switch (engine) {
          case "turnstile" -> 10.4;
          case "turnstile-2pc" -> 47;
          case "kafka-streams" -> 12.1;
          default -> 7.2;
        };
  }

  /** Four engines by turns, three times; one objective is missed. */
  public static List<RunResult> sideBySide() {
    List<RunResult> results = new ArrayList<>();
    for (int repeat = 1; repeat <= 3; repeat++) {
      for (String engine : List.of("turnstile", "turnstile-2pc", "kafka-streams", "kafka-limit")) {
        results.add(new SampleResults("steady-10k", engine, repeat).build().build());
      }
    }
    return results;
  }

  /** A TaskManager killed under two engines. */
  public static List<RunResult> recovery() {
    List<RunResult> results = new ArrayList<>();
    for (String engine : List.of("turnstile", "turnstile-2pc")) {
      SampleResults sample = new SampleResults("kill-taskmanager", engine, 1);
      sample.faultAt = 30;
      sample.seconds = 120;
      double first = engine.equals("turnstile") ? 11.2 : 13.9;
      results.add(
          sample
              .build()
              .faults(
                  List.of(new FaultResult(sample.faultAt, "kill-taskmanager", first, 19.5, null)))
              .build());
    }
    return results;
  }

  public static RunResult saturation() {
    SampleResults sample = new SampleResults("saturation", "turnstile", 1);
    sample.rate = 21_400;
    return sample
        .build()
        .load(new Load(null, 2_000_000, 30, 60))
        .search(
            List.of(
                new RateStep(10_000, 31, true),
                new RateStep(20_000, 78, true),
                new RateStep(30_000, 2400, false),
                new RateStep(25_000, 310, false),
                new RateStep(22_500, 96, true)))
        .figures(
            List.of(
                new ScenarioMetric("drain rate", 34_512.4, "1/s", ScenarioMetric.Direction.HIGHER)))
        .build();
  }

  public static RunResult soak() {
    SampleResults sample = new SampleResults("soak", "turnstile", 1);
    sample.seconds = 4 * 3600;
    List<Point> heap = new ArrayList<>();
    for (int t = 0; t < sample.seconds; t += 60) {
      heap.add(new Point(t, 180 + 0.004 * t + sample.random.nextGaussian() * 3));
    }
    return sample
        .build()
        .leaks(
            new LeakResult(
                LeakResult.Verdict.LEAK,
                List.of(
                    new LeakResult.Trend(
                        "taskmanager",
                        "heap after GC",
                        "MiB",
                        LeakResult.Verdict.LEAK,
                        14.4,
                        13.9,
                        14.9,
                        2.0,
                        heap),
                    new LeakResult.Trend(
                        "taskmanager",
                        "open files",
                        "files",
                        LeakResult.Verdict.NO_LEAK,
                        0.01,
                        -0.2,
                        0.22,
                        2.0,
                        List.of(new Point(0, 310), new Point(14_000, 311)))),
                "taskmanager.hprof"))
        .build();
  }

  private RunResultBuilder build() {
    Histogram micros = new Histogram(3);
    List<Point> committed = new ArrayList<>();
    List<Point> published = new ArrayList<>();
    List<Latency.Interval> intervals = new ArrayList<>();
    List<CheckpointResult> checkpoints = new ArrayList<>();
    List<Point> lag = new ArrayList<>();
    List<ProcessResources.Sample> cpu = new ArrayList<>();
    double sum = 0;
    for (int t = 0; t < seconds; t++) {
      boolean checkpoint = t % 10 == 3;
      double outage = faultAt >= 0 ? Math.max(0, faultAt + 12 - t) * 1000 : 0;
      boolean away = outage > 0 && t >= faultAt;
      Histogram second = new Histogram(3);
      for (int i = 0; i < 400; i++) {
        double tail = Math.exp(random.nextGaussian() * 0.35) * (checkpoint ? 1.5 : 1);
        double stall = random.nextInt(900) == 0 ? 3 + random.nextDouble() * 4 : 1;
        double millis =
            median * tail * stall + (away ? outage * (0.9 + random.nextDouble() / 5) : 0);
        second.recordValue(Math.round(millis * 1000));
      }
      micros.add(second);
      boolean behind = faultAt >= 0 && t >= faultAt + 12 && t < faultAt + 20;
      double verdicts = away ? 0 : behind ? rate * 2.5 : rate * (1 + random.nextGaussian() * 0.006);
      sum += verdicts;
      committed.add(new Point(t, Math.rint(verdicts)));
      published.add(new Point(t, rate));
      intervals.add(
          new Latency.Interval(
              t,
              second.getValueAtPercentile(50) / 1000.0,
              second.getValueAtPercentile(99) / 1000.0,
              second.getMaxValue() / 1000.0,
              (long) rate));
      if (checkpoint) {
        checkpoints.add(new CheckpointResult(t, 180 + random.nextInt(120), 14.5, 60.0 + t / 100.0));
      }
      lag.add(new Point(t, away ? rate * (t - faultAt) : 150 + random.nextInt(80)));
      cpu.add(
          new ProcessResources.Sample(
              t,
              (away ? 0.1 : 0.8) + random.nextDouble() / 10,
              0.3 * Math.exp(-t / 20.0),
              1300.0 + t / 60.0,
              t * 3.1));
    }
    LatencySummary summary = LatencySummary.ofMicros(micros);
    boolean holds = summary.p99() < 100;
    boolean peer = engine.startsWith("kafka");
    long inputs = (long) (rate * (seconds + 30));
    return RunResult.builder(scenario, engine)
        .repeat(repeat)
        .startedAt(START.plusSeconds(120L * repeat + engine.length()))
        .command("./turnstile bench run " + scenario + " --repeat 3 --out target/bench")
        .environment(
            new Environment(
                2,
                23.4,
                "17",
                "2.2.1",
                "4.3.1",
                "processes",
                "AMD EPYC 7B13",
                "Linux 6.1.0",
                "c7b6318",
                0.12))
        .settings(
            peer
                ? Map.of("commit.interval.ms", "10", "num.stream.threads", "2")
                : Map.of(
                    "commit.interval",
                    "10ms",
                    "parallelism",
                    "1",
                    "lanes",
                    "2",
                    "execution.checkpointing.interval",
                    engine.equals("turnstile") ? "10s" : "50ms"))
        .load(new Load(rate, inputs, 30, seconds))
        .throughput(new Throughput(sum / seconds, committed, rate, rate, sum / seconds, published))
        .latencyMs(new Latency(summary, null, intervals))
        .steadyAfterS(40.0 + repeat)
        .audit(
            new AuditResult(
                inputs,
                inputs,
                0,
                0,
                0,
                inputs - 3000,
                Map.of("DUPLICATE_ID", 2000L, "TOKEN_EXPIRED", 990L),
                10,
                0,
                0,
                0))
        .shares(new Shares(1.0, 0.0, faultAt < 0 ? 1.0 : 0.9, 1.0, 0.99996))
        .checkpoints(peer ? List.of() : checkpoints)
        .consumerLag(new ConsumerLag(200, lag))
        .resources(
            List.of(
                new ProcessResources(
                    peer ? "application" : "taskmanager",
                    0.84,
                    1.2,
                    0.1,
                    1320.0,
                    12.5,
                    310.0,
                    186.0,
                    cpu),
                new ProcessResources(
                    "broker", 0.42, 0.6, 0.02, 890.0, 8.0, 120.0, 410.0, List.of()),
                new ProcessResources("load", 0.35, 0.5, 0.02, 512.0, 4.0, 60.0, 1.0, List.of())))
        .objectives(
            List.of(
                new Objective("committed p50", "< 50 ms", summary.p50(), summary.p50() < 50, false),
                new Objective("committed p99", "< 100 ms", summary.p99(), holds, false),
                new Objective(
                    "committed p50", "<= 12 ms", summary.p50(), summary.p50() <= 12, true)))
        .notes(repeat == 1 ? List.of("A sample, not a measurement.") : List.of());
  }
}
