package io.turnstile.bench.run;

import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.result.LeakResult;
import io.turnstile.bench.result.ScenarioMetric;
import io.turnstile.bench.result.ScenarioMetric.Direction;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.bench.scenario.Metric;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Sends at the intended times, inflicts the faults, and waits for the last verdict. */
final class OpenLoop implements Procedure {

  /** The dedup window and the longest outage: so long the job keeps ids by default. */
  private static final Duration STATE_GROWS = Duration.ofHours(2);

  @Override
  public Duration estimate(LoadProfile load) {
    return load.warmUp().plus(load.length()).plusMillis((load.records() + load.preload()) / 20);
  }

  @Override
  public void run(RunSession session) throws Exception {
    long preload = session.scenario().load().preload();
    if (preload > 0) {
      LatencyRecorder loaded = new LatencyRecorder(0);
      session.send(new Load.Unpaced(preload), loaded);
      session
          .results()
          .add(
              new ScenarioMetric("preloaded", loaded.drainRate(0), "verdicts/s", Direction.HIGHER));
    }
    LatencyRecorder stretch = session.results().latency();
    Future<?> faults = inflict(session, stretch);
    if (session.deployment().isOurs()
        && session.scenario().objectives().containsKey(Metric.LEAKS)) {
      soak(session, stretch, faults);
    } else {
      session.send(new Load.OfScenario(), stretch, faults);
    }
    session.results().processedPerS(session.processedPerS());
    long from = stretch.measuredFromNanos();
    session
        .results()
        .resourcesBetween(
            session.deployment(), from, from + (long) (stretch.measuredSeconds() * 1e9));
    if (preload > 0) {
      session
          .results()
          .checkpoints()
          .latestFullBytes()
          .ifPresent(
              bytes ->
                  session
                      .results()
                      .add(
                          new ScenarioMetric(
                              "state per transaction",
                              (double) bytes / session.answered(),
                              "bytes",
                              Direction.LOWER)));
    }
  }

  /** Begins to inflict the faults once the load has begun. */
  private static Future<?> inflict(RunSession session, LatencyRecorder stretch) {
    if (session.scenario().faults().isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    FaultTimeline timeline =
        new FaultTimeline(
            session.scenario().faults(),
            session.deployment().testbed(),
            session.engine(),
            stretch,
            session.view());
    session.results().faults(timeline);
    return session.inBackground(
        () -> {
          while (!stretch.started()) {
            TimeUnit.MILLISECONDS.sleep(10);
          }
          timeline.run(stretch.measuredFromNanos());
          return null;
        });
  }

  /** Sends while it samples what the processes hold, and evaluates that. */
  private static void soak(RunSession session, LatencyRecorder stretch, Future<?> faults)
      throws Exception {
    ResultAssembler results = session.results();
    try (SoakSampler sampler =
        new SoakSampler(
            stretch,
            () -> session.deployment().pids(session.engine()),
            session.scenario().load().length(),
            STATE_GROWS)) {
      Future<?> sampling =
          session.inBackground(
              () -> {
                sampler.run();
                return null;
              });
      session.send(new Load.OfScenario(), stretch, faults);
      sampling.cancel(true);
      LeakResult leaks =
          sampler.judge(results.checkpointsSince(stretch), session.setup().resultDirectory());
      results.leaks(leaks);
      if (leaks.trends().stream()
          .anyMatch(trend -> trend.verdict() != LeakResult.Verdict.NOT_ENOUGH_DATA)) {
        results.special(
            Metric.LEAKS,
            (double)
                leaks.trends().stream()
                    .filter(trend -> trend.verdict() == LeakResult.Verdict.LEAK)
                    .count());
      }
    }
  }
}
