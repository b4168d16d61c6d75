package io.turnstile.bench.run;

import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.result.RunResult.RateStep;
import io.turnstile.bench.result.RunResult.ScenarioMetric.Direction;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.bench.scenario.Metric;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Drains a topic that was filled before the engine started, then looks for the highest rate at
 * which the latency holds.
 */
final class Saturation implements Procedure {

  /** Drained records that the drain rate leaves out, while code is compiled. */
  private static final double DRAIN_WARM_UP = 0.2;

  private static final Duration STEP_WARM_UP = Duration.ofSeconds(10);

  /** Long enough for many checkpoints in each step, so that no rate is lucky. */
  private static final Duration STEP = Duration.ofSeconds(30);

  private static final double LOWEST_RATE = 4_000;
  private static final double HIGHEST_RATE = 60_000;

  /** The latency that the search for the highest rate holds, whatever the scenario's own. */
  private static final double SEARCH_P99_MS = 100;

  /** Of what is offered, so much must be decided in time for a rate to be held. */
  private static final double HELD_SHARE = 0.99;

  @Override
  public Duration estimate(LoadProfile load) {
    return Duration.ofMinutes(6).plusMillis(load.records() / 10);
  }

  @Override
  public long fill(LoadProfile load) {
    return load.records();
  }

  @Override
  public void run(RunContext context, RunningEngine engine, Sender sender) throws Exception {
    ResultAssembler results = context.results();
    LatencyRecorder drained = results.latency();
    sender.drain(drained);
    results.resourcesBetween(
        context.deployment(), drained.firstVerdictNanos(), drained.lastVerdictNanos());
    double drainRate = drained.drainRate(DRAIN_WARM_UP);
    results.special(Metric.DRAIN_PER_S, drainRate);
    results.metric("drained", drainRate, "verdicts/s", Direction.HIGHER);

    double highest = search(context, sender);
    results.special(Metric.HIGHEST_RATE_PER_S, highest);
    results.metric(
        "highest rate with committed p99 < %.0f ms".formatted(SEARCH_P99_MS),
        highest,
        "transactions/s",
        Direction.HIGHER);
    results.note(
        "The throughput is of draining %,d records, the first fifth left out; the latency of the highest rate that was held."
            .formatted(context.scenario().load().records()));
  }

  /** Returns the highest rate that was held; the result's latency is that of this rate. */
  private static double search(RunContext context, Sender sender) throws Exception {
    List<RateStep> steps = new ArrayList<>();
    RateSearch rates = new RateSearch(LOWEST_RATE, HIGHEST_RATE);
    for (OptionalDouble next = rates.next(); next.isPresent(); next = rates.next()) {
      double rate = next.getAsDouble();
      LatencyRecorder stretch = new LatencyRecorder(STEP_WARM_UP.toNanos());
      sender.send(new Load.AtRate(rate, STEP_WARM_UP.plus(STEP)), stretch);
      double decided = stretch.meanOverMeasured(stretch.verdictSeries());
      RateStep step = step(rate, stretch.measured().getValueAtPercentile(99) / 1000.0, decided);
      steps.add(step);
      context.results().set(result -> result.search(List.copyOf(steps)));
      rates.tried(rate, step.held());
      context
          .view()
          .line(
              "  %,.0f/s: %,.0f/s decided, committed p99 %.1f ms, %s",
              rate, decided, step.p99Ms(), step.held() ? "held" : "not held");
      if (step.held() || rate == LOWEST_RATE) {
        context.results().latencyOf(stretch);
      }
    }
    return rates.found();
  }

  static RateStep step(double rate, double p99Ms, double decidedPerS) {
    return new RateStep(rate, p99Ms, p99Ms < SEARCH_P99_MS && decidedPerS >= rate * HELD_SHARE);
  }

  /** A search upwards in large steps to the first rate that does not hold, then by halving. */
  static final class RateSearch {

    private static final double FACTOR = 1.5;

    /** Rates closer to each other than this are not told apart. */
    private static final double RESOLUTION = 1.1;

    private final double lowest;
    private final double highest;
    private double held;
    private double notHeld = Double.POSITIVE_INFINITY;

    RateSearch(double lowest, double highest) {
      this.lowest = lowest;
      this.highest = highest;
    }

    /** The next rate to be tried; empty when it is found, or not even the lowest holds. */
    OptionalDouble next() {
      if (notHeld < Double.POSITIVE_INFINITY) {
        return held == 0 || notHeld / held < RESOLUTION
            ? OptionalDouble.empty()
            : OptionalDouble.of(round((held + notHeld) / 2));
      }
      return held < highest
          ? OptionalDouble.of(Math.max(lowest, Math.min(highest, round(held * FACTOR))))
          : OptionalDouble.empty();
    }

    void tried(double rate, boolean holds) {
      held = holds ? rate : held;
      notHeld = holds ? notHeld : rate;
    }

    /** The highest rate that held; 0 if none did. */
    double found() {
      return held;
    }

    private static double round(double rate) {
      return Math.rint(rate / 100) * 100;
    }
  }
}
