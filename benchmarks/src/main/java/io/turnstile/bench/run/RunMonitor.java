package io.turnstile.bench.run;

import io.turnstile.bench.engine.FlinkJob;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.measure.CheckpointLog;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.measure.ResourceSampler;
import io.turnstile.bench.measure.VerdictProbe;
import io.turnstile.clients.FlinkRestException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Samples a run once a second, and sees its end. Used by one thread. */
final class RunMonitor {

  private static final Duration TICK = Duration.ofSeconds(1);

  /** For how long no verdict may come until nobody waits for it any longer. */
  static final Duration STALLED = Duration.ofSeconds(60);

  private final Supplier<Map<String, Long>> pids;
  private final RunningEngine engine;
  private final VerdictProbe probe;
  private final ResourceSampler resources;
  private final CheckpointLog checkpoints;
  private final RunView view;
  private final ProcessedCounter processed = new ProcessedCounter();

  /**
   * Starts nothing yet.
   *
   * @param pids the processes to sample, by name, asked anew each time
   */
  RunMonitor(
      Supplier<Map<String, Long>> pids,
      RunningEngine engine,
      VerdictProbe probe,
      ResourceSampler resources,
      CheckpointLog checkpoints,
      RunView view) {
    this.pids = pids;
    this.engine = engine;
    this.probe = probe;
    this.resources = resources;
    this.checkpoints = checkpoints;
    this.view = view;
  }

  /**
   * Follows a stretch of load until it is over.
   *
   * @param sending whether more is to come
   * @return false if it was given up, because no verdict came for {@link #STALLED}
   * @throws IllegalStateException if the engine has failed permanently
   */
  boolean follow(LatencyRecorder recording, BooleanSupplier sending) throws InterruptedException {
    long answeredBefore = -1;
    long aliveNanos = System.nanoTime();
    long dueNanos = System.nanoTime();
    while (true) {
      resources.sample(pids.get());
      FlinkJob job = engine.flinkJob().orElse(null);
      boolean stillSending = sending.getAsBoolean();
      if (job != null) {
        checkpoints.collect(job.flink(), job.jobId());
        if (stillSending
            && recording.started()
            && System.nanoTime() > recording.measuredFromNanos()) {
          processed.note(job);
        }
        requireRunning(job);
      }
      probe.requireReading();
      long answered = probe.answered();
      view.tick(recording, probe.sent(), answered);
      if (!stillSending && answered >= probe.sent()) {
        return true;
      }
      if (answered > answeredBefore || !recording.started()) {
        answeredBefore = answered;
        aliveNanos = System.nanoTime();
      } else if (System.nanoTime() - aliveNanos > STALLED.toNanos()) {
        return false;
      }
      dueNanos += TICK.toNanos();
      TimeUnit.NANOSECONDS.sleep(dueNanos - System.nanoTime());
    }
  }

  /** Records that a Flink job decided per second while it was measured; null for other engines. */
  Double processedPerS() {
    return processed.perSecond();
  }

  private static void requireRunning(FlinkJob job) {
    boolean over;
    try {
      over = job.flink().isOver(job.jobId());
    } catch (FlinkRestException e) {
      // Too busy to answer, or dead on purpose.
      return;
    }
    if (over) {
      throw new IllegalStateException(
          "the job is over"
              + job.flink().failures(job.jobId()).stream()
                  .findFirst()
                  .map(failure -> ": " + failure.message())
                  .orElse(""));
    }
  }
}
