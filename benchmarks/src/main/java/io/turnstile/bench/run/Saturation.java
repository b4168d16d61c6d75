package io.turnstile.bench.run;

import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.result.RateStep;
import io.turnstile.bench.result.ScenarioMetric;
import io.turnstile.bench.result.ScenarioMetric.Direction;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.bench.scenario.Metric;
import java.time.Duration;
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
  public void prepare(RunSession session) throws Exception {
    session.fill(new Load.Unpaced(session.scenario().load().records()));
  }

  @Override
  public void run(RunSession session) throws Exception {
    ResultAssembler results = session.results();
    LatencyRecorder drained = results.latency();
    session.drain(drained);
    results.resourcesBetween(
        session.deployment(), drained.firstVerdictNanos(), drained.lastVerdictNanos());
    double drainRate = drained.drainRate(DRAIN_WARM_UP);
    results.special(Metric.DRAIN_PER_S, drainRate);
    results.add(new ScenarioMetric("drained", drainRate, "verdicts/s", Direction.HIGHER));

    double highest = search(session);
    results.special(Metric.HIGHEST_RATE_PER_S, highest);
    results.add(
        new ScenarioMetric(
            "highest rate with committed p99 < %.0f ms".formatted(SEARCH_P99_MS),
            highest,
            "transactions/s",
            Direction.HIGHER));
    results.note(
        "The throughput is of draining %,d records, the first fifth left out; the latency of the highest rate that was held."
            .formatted(session.scenario().load().records()));
  }

  /** Returns the highest rate that was held; the result's latency is that of this rate. */
  private static double search(RunSession session) throws Exception {
    boolean first = true;
    RateSearch rates = new RateSearch(LOWEST_RATE, HIGHEST_RATE);
    for (OptionalDouble next = rates.next(); next.isPresent(); next = rates.next()) {
      double rate = next.getAsDouble();
      LatencyRecorder stretch = new LatencyRecorder(STEP_WARM_UP.toNanos());
      session.send(new Load.AtRate(rate, STEP_WARM_UP.plus(STEP)), stretch);
      double decided = stretch.meanOverMeasured(stretch.verdictSeries());
      RateStep step = step(rate, stretch.measured().getValueAtPercentile(99) / 1000.0, decided);
      session.results().add(step);
      rates.tried(rate, step.held());
      session
          .view()
          .line(
              "  %,.0f/s: %,.0f/s decided, committed p99 %.1f ms, %s",
              rate, decided, step.p99Ms(), step.held() ? "held" : "not held");
      if (step.held() || first) {
        session.results().latencyOf(stretch);
        first = false;
      }
    }
    return rates.found();
  }

  static RateStep step(double rate, double p99Ms, double decidedPerS) {
    return new RateStep(rate, p99Ms, p99Ms < SEARCH_P99_MS && decidedPerS >= rate * HELD_SHARE);
  }
}
