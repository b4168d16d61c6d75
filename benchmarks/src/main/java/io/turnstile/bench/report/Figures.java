package io.turnstile.bench.report;

import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.ScenarioMetric;
import java.util.function.Function;

/** Figures of a run that several parts of the report show. */
final class Figures {

  /** Committed verdicts per second. */
  static final Function<RunResult, Double> RATE =
      run -> Numbers.of(run.throughput(), throughput -> throughput.meanPerS());

  private Figures() {}

  /** A figure that only this scenario has; null if it has none of that name. */
  static Double named(RunResult run, String name) {
    return run.figures().stream()
        .filter(figure -> figure.name().equals(name))
        .map(ScenarioMetric::value)
        .findFirst()
        .orElse(null);
  }
}
