package io.turnstile.bench.run;

import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.feeds.FeedFleet;
import io.turnstile.bench.leak.LeakWatch;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.result.LeakResult;
import io.turnstile.bench.result.RunResult.ScenarioMetric.Direction;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.bench.scenario.Metric;
import java.io.IOException;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Sends at the intended times, inflicts the faults, and waits for the last verdict. */
final class OpenLoop implements Procedure {

  /** Null if there are none. */
  private final FeedFleet feeds;

  OpenLoop() {
    this(null);
  }

  /** A loop beside feeds, which may have faults. */
  OpenLoop(FeedFleet feeds) {
    this.feeds = feeds;
  }

  @Override
  public Duration estimate(LoadProfile load) {
    return load.warmUp().plus(load.length()).plusMillis((load.records() + load.preload()) / 20);
  }

  @Override
  public void run(RunContext context, RunningEngine engine, Sender sender) throws Exception {
    ResultAssembler results = context.results();
    LatencyRecorder stretch = results.latency();
    LatencyRecorder preloaded = new LatencyRecorder(0);
    long preload = context.scenario().load().preload();
    if (preload > 0) {
      sender.send(new Load.Unpaced(preload), preloaded);
      results.metric("preloaded", preloaded.drainRate(0), "verdicts/s", Direction.HIGHER);
    }
    Future<?> faults = inflict(context, engine, stretch);
    boolean soak = context.scenario().objectives().containsKey(Metric.LEAKS);
    if (soak && context.deployment().isOurs()) {
      soak(context, engine, sender, faults);
    } else {
      sender.send(new Load.OfScenario(), stretch, faults);
    }
    results.processedPerS(sender.processedPerS());
    long from = stretch.measuredFromNanos();
    results.resourcesBetween(
        context.deployment(), from, from + (long) (stretch.measuredSeconds() * 1e9));
    if (context.scenario().load().isOverHttp()) {
      double failed = sender.failedSince(from);
      double asked = Math.max(1, stretch.measured().getTotalCount());
      results.special(Metric.ERROR_PERCENT, 100 * failed / asked);
      results.metric("requests not answered at once", failed, "", Direction.LOWER);
    }
    if (preload > 0) {
      double answered = preloaded.answered() + stretch.answered();
      OptionalLong bytes = results.checkpoints().latestFullBytes();
      if (bytes.isPresent()) {
        double each = bytes.getAsLong() / answered;
        results.metric("state per transaction", each, "bytes", Direction.LOWER);
      }
    }
  }

  /** Begins to inflict the faults once the load has begun. */
  private Future<?> inflict(RunContext context, RunningEngine engine, LatencyRecorder stretch) {
    FaultTimeline timeline = new FaultTimeline(context, engine, feeds, stretch);
    if (!context.scenario().faults().isEmpty()) {
      context.results().faults(timeline);
    }
    return context
        .threads()
        .submit(
            () -> {
              while (!stretch.started()) {
                TimeUnit.MILLISECONDS.sleep(10);
              }
              timeline.run();
              return null;
            });
  }

  /** Sends while it samples what the processes hold, and evaluates that. */
  private static void soak(
      RunContext context, RunningEngine engine, Sender sender, Future<?> faults) throws Exception {
    try (SoakSampler sampler = new SoakSampler(context)) {
      Future<?> sampling = context.threads().submit(() -> sampler.sample(engine));
      sender.send(new Load.OfScenario(), context.results().latency(), faults);
      sampling.cancel(true);
      LeakResult leaks = sampler.judge();
      context.results().set(result -> result.leaks(leaks));
      leaks.count().ifPresent(count -> context.results().special(Metric.LEAKS, count));
    }
  }

  /** Samples what the processes hold; {@link #sample} is called by a thread of its own. */
  private static final class SoakSampler implements AutoCloseable {

    /** So many over the whole soak: enough for a slope, few enough not to disturb it. */
    private static final int SAMPLES = 120;

    private static final long MOST_OFTEN_SECONDS = 5;
    private static final long LONGEST_SETTLING_SECONDS = 600;

    /** The dedup window and the longest outage: so long the job keeps ids by default. */
    private static final long STATE_GROWS_SECONDS = 7_200;

    private final RunContext context;
    private final LatencyRecorder recording;
    private final long soakSeconds;
    private final LeakWatch watch;

    SoakSampler(RunContext context) {
      this.context = context;
      recording = context.results().latency();
      soakSeconds = context.scenario().load().length().toSeconds();
      watch =
          new LeakWatch(Math.min(LONGEST_SETTLING_SECONDS, soakSeconds / 3), STATE_GROWS_SECONDS);
    }

    /** Samples until it is interrupted. */
    Void sample(RunningEngine engine) throws InterruptedException {
      while (true) {
        TimeUnit.SECONDS.sleep(Math.max(MOST_OFTEN_SECONDS, soakSeconds / SAMPLES));
        if (recording.started() && System.nanoTime() >= recording.measuredFromNanos()) {
          engine.pids().forEach(this::sample);
        }
      }
    }

    private synchronized void sample(String name, long pid) {
      try {
        watch.sample((System.nanoTime() - recording.measuredFromNanos()) / 1e9, name, pid);
      } catch (IOException e) {
        // It has ended, or is just starting.
      }
    }

    /** Judges what was sampled up to now; a heap dump lies beside the result if there is a leak. */
    synchronized LeakResult judge() throws IOException {
      return watch.judge(
          context.results().checkpoints().since(recording.measuredFromMillis()),
          context.setup().resultDirectory());
    }

    @Override
    public synchronized void close() throws IOException {
      watch.close();
    }
  }
}
