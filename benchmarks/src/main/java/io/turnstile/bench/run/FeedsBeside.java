package io.turnstile.bench.run;

import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.feeds.FeedFleet;
import io.turnstile.bench.feeds.FeedWatch;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.result.RunResult.FaultResult;
import io.turnstile.bench.result.RunResult.ScenarioMetric.Direction;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.bench.scenario.Metric;
import io.turnstile.bench.scenario.Scenario.Fault;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.concurrent.Future;
import org.HdrHistogram.Histogram;

/**
 * An open loop beside twelve feeds, of which some get faults. Each fault is compared with as long a
 * time just before it.
 */
final class FeedsBeside implements Procedure {

  private static final double PERCENTILE = 99;

  @Override
  public Duration estimate(LoadProfile load) {
    return new OpenLoop().estimate(load);
  }

  @Override
  public void run(RunContext context, RunningEngine engine, Sender sender) throws Exception {
    Path directory =
        Files.createDirectory(context.deployment().signingKey().resolveSibling("feeds"));
    try (FeedFleet fleet =
            context
                .view()
                .step(
                    "starting twelve feeds",
                    () -> FeedFleet.start(context.deployment(), directory));
        FeedWatch watch = FeedWatch.of(fleet, directory)) {
      context.beside().add(fleet.process().process());
      Future<?> watching = context.threads().submit(watch::run);
      new OpenLoop(fleet).run(context, engine, sender);
      if (watching.isDone()) {
        LoadSender.get(watching);
      }
      watching.cancel(true);
      report(context.results(), watch);
    }
  }

  /** Adds to the result what the faults did to transactions and other feeds, and the alerts. */
  static void report(ResultAssembler results, FeedWatch watch) {
    Map<String, Long> alerted = watch.alertedNanos();
    Set<String> wrong = new HashSet<>(alerted.keySet());
    Map<Metric, Double> worst = new HashMap<>();
    int faults = 0;
    int right = 0;
    for (FaultResult inflicted : results.inflicted()) {
      Fault fault = Fault.of(inflicted.fault());
      if (!fault.isOfFeeds() || inflicted.endedAtS() == null) {
        continue;
      }
      faults++;
      LatencyRecorder latency = results.latency();
      long from = latency.measuredFromNanos() + (long) (inflicted.atS() * 1e9);
      long to = latency.measuredFromNanos() + (long) (inflicted.endedAtS() * 1e9);
      long before = from - (to - from);
      double p99 = p99(latency, from, to);
      double p99Before = p99(latency, before, from);
      results.metric(fault.key() + ": p99", p99, "ms", Direction.LOWER);
      results.metric(fault.key() + ": p99 before", p99Before, "ms", Direction.LOWER);
      worst.merge(Metric.FEEDS_P99_MOVE_PERCENT, (p99 / p99Before - 1) * 100, Math::max);
      String feed = FeedFleet.feedOf(fault);
      OptionalDouble older = watch.ageMove(feed, before, from, to);
      if (older.isPresent()) {
        results.metric(
            fault.key() + ": other feeds older by", older.getAsDouble(), "s", Direction.LOWER);
        worst.merge(Metric.FEEDS_AGE_MOVE_S, older.getAsDouble(), Math::max);
      }
      Long at = alerted.get(feed);
      if (at != null && at >= from) {
        right++;
        wrong.remove(feed);
        results.metric(fault.key() + ": alert after", (at - from) / 1e9, "s", null);
      }
    }
    worst.forEach(results::special);
    if (!watch.hasAlerts()) {
      results.note("Prometheus is not installed: no alert was evaluated.");
    } else if (faults > 0) {
      wrong.forEach(feed -> results.note("An alert fired for " + feed + ", which had no fault."));
      results.special(Metric.FEEDS_ALERTED_PERCENT, 100.0 * right / (faults + wrong.size()));
    }
  }

  private static double p99(LatencyRecorder latency, long from, long to) {
    int first = latency.secondOf(from);
    int end = latency.secondOf(to);
    Histogram micros = latency.measured(second -> second >= first && second < end);
    return micros.getValueAtPercentile(PERCENTILE) / 1000.0;
  }
}
