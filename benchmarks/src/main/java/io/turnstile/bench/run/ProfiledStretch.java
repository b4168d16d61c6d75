package io.turnstile.bench.run;

import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.profile.AsyncProfiler;
import io.turnstile.bench.result.FlameGraphFile;
import io.turnstile.bench.result.ProfileResult;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Has the processes of a run profiled for a while in its measured part. What cannot be profiled is
 * noted, and the run continues. {@link #run} is called once, by a thread of its own; the rest after
 * it.
 */
final class ProfiledStretch {

  private static final Duration LONGEST = Duration.ofSeconds(15);

  /** Share of a number of records after which a profile begins: the code is compiled then. */
  private static final double LEFT_OUT = 0.2;

  private static final long POLL_MILLIS = 20;

  private final LatencyRecorder recording;
  private final Supplier<Map<String, Long>> pids;
  private final Path files;
  private final Path results;
  private final RunView view;

  private final List<FlameGraphFile> flameGraphs = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private ProfileResult profile;

  /**
   * @param recording of the stretch
   * @param pids process ids by name, that of the one that decides first; asked when the profile
   *     begins
   * @param files empty, for what the profiler needs
   * @param results gets the flame graphs
   */
  ProfiledStretch(
      LatencyRecorder recording,
      Supplier<Map<String, Long>> pids,
      Path files,
      Path results,
      RunView view) {
    this.recording = recording;
    this.pids = pids;
    this.files = files;
    this.results = results;
    this.view = view;
  }

  /**
   * Profiles in the middle of what is sent at intended times.
   *
   * @param length of the measured part
   */
  void inTheMiddle(Duration length, BooleanSupplier over) throws InterruptedException {
    long margin = Math.max(0, length.minus(LONGEST).dividedBy(2).toNanos());
    run(
        () -> recording.started() && System.nanoTime() >= recording.measuredFromNanos() + margin,
        over);
  }

  /** Profiles while so many records are decided as fast as possible, once the first of them are. */
  void ofRecords(long records, BooleanSupplier over) throws InterruptedException {
    run(
        () -> recording.answered() >= records * LEFT_OUT,
        () -> recording.answered() >= records || over.getAsBoolean());
  }

  private void run(BooleanSupplier begun, BooleanSupplier over) throws InterruptedException {
    AsyncProfiler profiler;
    try {
      profiler = AsyncProfiler.unpack(files);
    } catch (IOException e) {
      note("No profile: " + e.getMessage() + ".");
      return;
    }
    while (!begun.getAsBoolean()) {
      if (over.getAsBoolean()) {
        note("No profile: the run was over too soon.");
        return;
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
    Map<String, Long> started = new LinkedHashMap<>();
    pids.get()
        .forEach(
            (name, pid) -> {
              try {
                profiler.start(pid);
                started.put(name, pid);
              } catch (IOException e) {
                note("No profile of %s: %s.".formatted(name, e.getMessage()));
              }
            });
    long fromNanos = System.nanoTime();
    while (System.nanoTime() - fromNanos < LONGEST.toNanos() && !over.getAsBoolean()) {
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
    double seconds = (System.nanoTime() - fromNanos) / 1e9;
    started.forEach((name, pid) -> write(profiler, name, pid));
    if (!flameGraphs.isEmpty()) {
      notes.add(
          "Profiled for %.0f s, which costs some speed: without, it is faster.".formatted(seconds));
    }
  }

  private void write(AsyncProfiler profiler, String name, long pid) {
    String file = "flames-" + name + ".html";
    try {
      List<String> stacks = profiler.stop(pid, results.resolve(file));
      flameGraphs.add(new FlameGraphFile(name, file));
      if (profile == null) {
        profile = new ProfileResult(name, stacks);
      }
    } catch (IOException e) {
      note("No profile of %s: %s.".formatted(name, e.getMessage()));
    }
  }

  private void note(String note) {
    notes.add(note);
    view.line("  %s", note);
  }

  /** Of the process that decides; null if there is none. */
  ProfileResult profile() {
    return profile;
  }

  List<FlameGraphFile> flameGraphs() {
    return flameGraphs;
  }

  List<String> notes() {
    return notes;
  }
}
