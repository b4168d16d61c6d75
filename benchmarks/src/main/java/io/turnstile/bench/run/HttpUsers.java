package io.turnstile.bench.run;

import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.result.RunResult.ScenarioMetric.Direction;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.bench.scenario.Metric;
import java.time.Duration;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * Asks a gateway in a closed loop, with more users from stage to stage: each asks the next one as
 * soon as it has its answer. The result's latency is that of the last stage.
 */
final class HttpUsers implements Procedure {

  private static final long REQUESTS_PER_SECOND = 1_000;

  @Override
  public Duration estimate(LoadProfile load) {
    long stages = load.users().size() + 1L;
    return Duration.ofSeconds(stages * load.records() / REQUESTS_PER_SECOND);
  }

  @Override
  public void run(RunContext context, RunningEngine engine, Sender sender) throws Exception {
    ResultAssembler results = context.results();
    LoadProfile load = context.scenario().load();
    List<Integer> stages = load.users();
    sender.send(new Load.Users(stages.get(0), load.records()), new LatencyRecorder(0));
    long failed = 0;
    for (int i = 0; i < stages.size(); i++) {
      boolean last = i == stages.size() - 1;
      LatencyRecorder stretch = last ? results.latency() : new LatencyRecorder(0);
      sender.send(new Load.Users(stages.get(i), load.records()), stretch);
      failed += report(context, stages.get(i), stretch, sender.failedSince(stretch.startNanos()));
      if (last) {
        results.resourcesBetween(
            context.deployment(), stretch.startNanos(), stretch.lastVerdictNanos());
      }
    }
    results.special(Metric.ERROR_PERCENT, 100.0 * failed / (stages.size() * load.records()));
  }

  /** Adds a stage to the result and returns how many of its requests failed. */
  private static long report(RunContext context, int users, LatencyRecorder stretch, long failed) {
    Histogram micros = stretch.measured();
    double average = micros.getMean() / 1000;
    double p95 = micros.getValueAtPercentile(95) / 1000.0;
    double errors = 100.0 * failed / Math.max(1, micros.getTotalCount());
    double perSecond = stretch.drainRate(0);
    ResultAssembler results = context.results();
    String who = "%,d users: ".formatted(users);
    results.metric(who + "average", average, "ms", Direction.LOWER);
    results.metric(who + "p95", p95, "ms", Direction.LOWER);
    results.metric(who + "error", errors, "%", Direction.LOWER);
    results.metric(who + "requests", perSecond, "/s", Direction.HIGHER);
    context
        .view()
        .line(
            "  %,d users: average %.1f ms, p95 %.1f ms, error %.2f %%, %,.0f requests/s",
            users, average, p95, errors, perSecond);
    return failed;
  }
}
