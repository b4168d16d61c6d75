package io.turnstile.bench.report;

import io.turnstile.bench.engine.Engines;
import io.turnstile.bench.result.CheckpointResult;
import io.turnstile.bench.result.FaultResult;
import io.turnstile.bench.result.Latency;
import io.turnstile.bench.result.LatencySummary;
import io.turnstile.bench.result.Point;
import io.turnstile.bench.result.ProcessResources;
import io.turnstile.bench.result.RateStep;
import io.turnstile.bench.result.RunResult;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the figures advise. Each piece of advice states the figures it rests on; where figures say
 * nothing, nothing is advised.
 */
final class Recommendations {

  /** What load a resource should have at most in production, to leave room for catching up. */
  private static final double PLANNED_LOAD = 0.7;

  private static final double SATURATED = 0.85;
  private static final double NOISY = 1.25;
  private static final double BUSY_BEFORE = 0.3;

  private final List<Runs> ours;
  private final List<RunResult> all;

  private Recommendations(Map<String, List<Runs>> scenarios) {
    ours =
        scenarios.values().stream()
            .flatMap(List::stream)
            .filter(runs -> runs.engine().equals(Engines.TURNSTILE))
            .toList();
    all =
        scenarios.values().stream()
            .flatMap(List::stream)
            .flatMap(runs -> runs.repeats().stream())
            .toList();
  }

  static List<String> of(Map<String, List<Runs>> scenarios) {
    Recommendations all = new Recommendations(scenarios);
    List<String> advice = new ArrayList<>();
    all.highestRate().ifPresent(advice::add);
    all.saturation().ifPresent(advice::add);
    all.parallelism().ifPresent(advice::add);
    all.checkpoints().ifPresent(advice::add);
    all.garbage().ifPresent(advice::add);
    all.lag().ifPresent(advice::add);
    all.recovery().ifPresent(advice::add);
    all.noise().ifPresent(advice::add);
    all.busyMachine().ifPresent(advice::add);
    return advice;
  }

  private Optional<String> highestRate() {
    return ours.stream()
        .flatMap(runs -> runs.repeats().stream())
        .flatMap(run -> run.search().stream())
        .filter(RateStep::held)
        .max(Comparator.comparingDouble(RateStep::offeredPerS))
        .map(
            step ->
                text(
                    "Rate: %,.0f/s is the highest rate tried that held the latency objective"
                        + " (p99 %.0f ms). Plan for %,.0f/s per machine like this one, %.0f %% of"
                        + " it: the rest is for catching up after a failure.",
                    step.offeredPerS(),
                    step.p99Ms(),
                    step.offeredPerS() * PLANNED_LOAD,
                    PLANNED_LOAD * 100));
  }

  /** The run with the highest rate whose processes were watched. */
  private Optional<RunResult> busiest() {
    return ours.stream()
        .map(Runs::middle)
        .filter(run -> run.throughput() != null && run.environment() != null && cpu(run) > 0)
        .max(Comparator.comparingDouble(run -> run.throughput().meanPerS()));
  }

  private Optional<String> saturation() {
    return busiest()
        .map(
            run -> {
              int cores = run.environment().cores();
              double cpu = cpu(run) / cores;
              double memory = rss(run) / 1024 / run.environment().memoryGb();
              String shares =
                  run.resources().stream()
                      .filter(process -> process.cpuCoresMean() != null)
                      .sorted(Comparator.comparing(ProcessResources::cpuCoresMean).reversed())
                      .map(p -> text("%s %.2f", p.process(), p.cpuCoresMean()))
                      .collect(Collectors.joining(", "));
              String first = cpu >= memory ? "The CPU saturates first" : "Memory is used up first";
              return text(
                  "%s: at %,.0f/s (%s) %.0f %% of %d cores and %.0f %% of the memory were in use."
                      + " Cores by process: %s.%s",
                  first,
                  run.throughput().meanPerS(),
                  run.scenario(),
                  cpu * 100,
                  cores,
                  memory * 100,
                  shares,
                  cpu >= SATURATED
                      ? " There is nothing left: more throughput takes more cores, or the broker"
                          + " and the load on machines of their own."
                      : "");
            });
  }

  private Optional<String> parallelism() {
    return busiest()
        .flatMap(
            run ->
                run.resources().stream()
                    .filter(p -> p.process().startsWith("taskmanager"))
                    .map(ProcessResources::cpuCoresMean)
                    .filter(Objects::nonNull)
                    .reduce(Double::sum)
                    .filter(cores -> cores > 0)
                    .map(cores -> parallelism(run, run.throughput().meanPerS() / cores)));
  }

  private static String parallelism(RunResult run, double perCore) {
    String plan =
        Stream.of(10_000, 50_000, 100_000)
            .map(
                rate -> {
                  long slots = (long) Math.ceil(rate / perCore / PLANNED_LOAD);
                  return text(
                      "%,d/s: parallelism %d, %d input partitions, %d lanes",
                      rate, slots, 2 * slots, 4 * slots);
                })
            .collect(Collectors.joining("; "));
    return text(
        "Parallelism and partitions: a TaskManager core carries %,.0f verdicts/s (%s). With cores"
            + " %.0f %% busy, one slot for each: %s. Lanes are fixed when the topics are made, so"
            + " take 2 to 4 for each slot planned. Beyond the rates measured this is extrapolated.",
        perCore, run.scenario(), PLANNED_LOAD * 100, plan);
  }

  /** Whether seconds with a checkpoint are slower than those without. */
  private Optional<String> checkpoints() {
    return ours.stream()
        .map(Runs::middle)
        .filter(run -> run.latencyMs() != null && run.faults().isEmpty())
        .map(
            run -> {
              OptionalDouble with = p99(run, true);
              OptionalDouble without = p99(run, false);
              if (with.isEmpty() || without.isEmpty() || without.getAsDouble() <= 0) {
                return null;
              }
              double ratio = with.getAsDouble() / without.getAsDouble();
              if (ratio < 1.3) {
                return null;
              }
              return text(
                  "Checkpoints: in %s the p99 of seconds with a checkpoint is %.1f ms, of the"
                      + " others %.1f ms. Checkpoints further apart, or smaller write buffers, make"
                      + " the tail shorter.",
                  run.scenario(), with.getAsDouble(), without.getAsDouble());
            })
        .filter(Objects::nonNull)
        .findFirst();
  }

  private static OptionalDouble p99(RunResult run, boolean duringCheckpoint) {
    return run.latencyMs().series().stream()
        .filter(i -> overlapsCheckpoint(i, run.checkpoints()) == duringCheckpoint)
        .mapToDouble(Latency.Interval::p99)
        .average();
  }

  private static boolean overlapsCheckpoint(
      Latency.Interval interval, List<CheckpointResult> checkpoints) {
    return checkpoints.stream()
        .anyMatch(
            c -> c.atS() < interval.t() + 1 && c.atS() + c.durationMs() / 1000 >= interval.t());
  }

  private Optional<String> garbage() {
    return ours.stream()
        .map(Runs::middle)
        .filter(run -> Runs.committed(run) != null)
        .flatMap(
            run ->
                run.resources().stream()
                    .filter(p -> p.gcPauseMaxMs() != null)
                    .filter(p -> p.gcPauseMaxMs() > 0.5 * Runs.committed(run).p999())
                    .map(
                        p ->
                            text(
                                "Garbage collection: in %s the longest pause of %s (%.0f ms)"
                                    + " reaches into the p99.9 (%.0f ms). A smaller young"
                                    + " generation, or a larger heap, may shorten it.",
                                run.scenario(),
                                p.process(),
                                p.gcPauseMaxMs(),
                                Runs.committed(run).p999())))
        .findFirst();
  }

  private Optional<String> lag() {
    return ours.stream()
        .map(Runs::middle)
        .filter(run -> run.load() != null && run.load().offeredPerS() != null)
        .filter(run -> run.consumerLag() != null && run.faults().isEmpty())
        .filter(
            run -> {
              List<Point> series = run.consumerLag().series();
              return series.size() >= 10
                  && series.get(series.size() - 1).y() > run.load().offeredPerS()
                  && series.get(series.size() - 1).y() > 1.5 * series.get(series.size() / 2).y();
            })
        .map(
            run ->
                text(
                    "Lag: in %s it was still growing at the end (%,.0f records): the engine does"
                        + " not keep up with %,.0f/s on this machine.",
                    run.scenario(),
                    run.consumerLag().series().get(run.consumerLag().series().size() - 1).y(),
                    run.load().offeredPerS()))
        .findFirst();
  }

  private Optional<String> recovery() {
    record Worst(String scenario, FaultResult fault) {}
    return ours.stream()
        .flatMap(
            runs ->
                runs.repeats().stream()
                    .flatMap(run -> run.faults().stream())
                    .map(fault -> new Worst(runs.scenario(), fault)))
        .filter(worst -> worst.fault().caughtUpAfterS() != null)
        .filter(worst -> worst.fault().firstVerdictAfterS() != null)
        .max(Comparator.comparingDouble(worst -> worst.fault().caughtUpAfterS()))
        .map(
            worst ->
                text(
                    "Recovery: the slowest was %s (%s), first verdict after %.1f s, caught up after"
                        + " %.1f s. Alert on consumer lag only after longer than that, and keep"
                        + " clients' own timeouts above it.",
                    worst.fault().fault(),
                    worst.scenario(),
                    worst.fault().firstVerdictAfterS(),
                    worst.fault().caughtUpAfterS()));
  }

  private Optional<String> noise() {
    return ours.stream()
        .filter(runs -> runs.allLatency(LatencySummary::p99).size() > 1)
        .map(
            runs -> {
              List<Double> p99 = runs.allLatency(LatencySummary::p99).stream().sorted().toList();
              double least = p99.get(0);
              double greatest = p99.get(p99.size() - 1);
              return greatest > least * NOISY
                  ? text(
                      "Spread: the p99 of the repeats of %s lies between %.1f and %.1f ms. Judge by"
                          + " ratios within a run of several engines, or repeat more often.",
                      runs.scenario(), least, greatest)
                  : null;
            })
        .filter(Objects::nonNull)
        .findFirst();
  }

  private Optional<String> busyMachine() {
    return all.stream()
        .filter(run -> run.environment() != null && run.environment().loadBefore() != null)
        .filter(run -> run.environment().loadBefore() > BUSY_BEFORE * run.environment().cores())
        .max(Comparator.comparing(run -> run.environment().loadBefore()))
        .map(
            run ->
                text(
                    "Quiet: before %s on %s the machine already had a load of %.1f on %d cores."
                        + " Other work makes tails longer; repeat on a quiet machine before you"
                        + " judge by them.",
                    run.scenario(),
                    run.engine(),
                    run.environment().loadBefore(),
                    run.environment().cores()));
  }

  private static double cpu(RunResult run) {
    return run.resources().stream()
        .map(ProcessResources::cpuCoresMean)
        .filter(Objects::nonNull)
        .mapToDouble(Double::doubleValue)
        .sum();
  }

  private static double rss(RunResult run) {
    return run.resources().stream()
        .map(ProcessResources::rssMaxMb)
        .filter(Objects::nonNull)
        .mapToDouble(Double::doubleValue)
        .sum();
  }

  private static String text(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }
}
