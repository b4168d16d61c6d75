package io.turnstile.bench.run;

import io.turnstile.bench.leak.LeakWatch;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.result.CheckpointResult;
import io.turnstile.bench.result.LeakResult;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Samples what the engine's processes hold while a soak is measured. {@link #run} is called once,
 * by a thread of its own; the rest by any.
 */
final class SoakSampler implements AutoCloseable {

  /** So many over the whole soak: enough for a slope, few enough not to disturb it. */
  private static final int SAMPLES = 120;

  private static final Duration MOST_OFTEN = Duration.ofSeconds(5);
  private static final Duration LONGEST_SETTLING = Duration.ofMinutes(10);

  private final LatencyRecorder recording;
  private final Supplier<Map<String, Long>> pids;
  private final Duration interval;
  private final LeakWatch watch;

  /**
   * @param pids process ids by name, asked anew each time
   * @param length of the soak
   * @param stateGrows how long ids are kept: for so long state has to grow
   */
  SoakSampler(
      LatencyRecorder recording,
      Supplier<Map<String, Long>> pids,
      Duration length,
      Duration stateGrows) {
    this.recording = recording;
    this.pids = pids;
    Duration even = length.dividedBy(SAMPLES);
    interval = even.compareTo(MOST_OFTEN) < 0 ? MOST_OFTEN : even;
    Duration third = length.dividedBy(3);
    Duration settling = third.compareTo(LONGEST_SETTLING) < 0 ? third : LONGEST_SETTLING;
    watch = new LeakWatch(settling.toSeconds(), stateGrows.toSeconds());
  }

  /** Samples until it is interrupted. */
  void run() throws InterruptedException {
    while (true) {
      TimeUnit.NANOSECONDS.sleep(interval.toNanos());
      if (recording.started() && System.nanoTime() >= recording.measuredFromNanos()) {
        sample();
      }
    }
  }

  private synchronized void sample() {
    pids.get()
        .forEach(
            (name, pid) -> {
              double t = (System.nanoTime() - recording.measuredFromNanos()) / 1e9;
              try {
                watch.sample(t, name, pid);
              } catch (IOException e) {
                // It has ended, or is just starting.
              }
            });
  }

  /**
   * Judges what was sampled up to now.
   *
   * @param dumps where a heap dump goes if there is a leak
   */
  synchronized LeakResult judge(List<CheckpointResult> checkpoints, Path dumps) throws IOException {
    watch.stateSizes(checkpoints);
    return watch.judge(dumps);
  }

  @Override
  public synchronized void close() throws IOException {
    watch.close();
  }
}
