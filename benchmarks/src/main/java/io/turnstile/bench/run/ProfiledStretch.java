package io.turnstile.bench.run;

import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.profile.AsyncProfiler;
import io.turnstile.bench.result.RunResult.FlameGraphFile;
import io.turnstile.bench.scenario.LoadProfile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Has the processes of a run profiled for a while in its measured part. What cannot be profiled is
 * noted, and the run continues. {@link #run} is called once, by a thread of its own.
 */
final class ProfiledStretch {

  private static final Duration LONGEST = Duration.ofSeconds(15);

  /** Share of a number of records after which a profile begins: the code is compiled then. */
  private static final double LEFT_OUT = 0.2;

  private static final long POLL_MILLIS = 20;

  private final RunContext context;
  private final LoadProfile load;
  private final LatencyRecorder recording;
  private final RunningEngine engine;

  ProfiledStretch(RunContext context, RunningEngine engine) {
    this.context = context;
    this.load = context.scenario().load();
    this.recording = context.results().latency();
    this.engine = engine;
  }

  /**
   * Profiles in the middle of what is sent at intended times; of a number of records, once the
   * first of them are decided. Needs an empty directory.
   */
  void run(Path files, BooleanSupplier over) throws InterruptedException {
    AsyncProfiler profiler;
    try {
      profiler = AsyncProfiler.unpack(files);
    } catch (IOException e) {
      note("No profile: " + e.getMessage() + ".");
      return;
    }
    while (!begun()) {
      if (over.getAsBoolean()) {
        note("No profile: the run was over too soon.");
        return;
      }
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
    Map<String, Long> started = start(profiler);
    long fromNanos = System.nanoTime();
    long untilNanos = fromNanos + LONGEST.toNanos();
    while (System.nanoTime() < untilNanos && !allDecided() && !over.getAsBoolean()) {
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
    }
    double seconds = (System.nanoTime() - fromNanos) / 1e9;
    List<FlameGraphFile> graphs = stop(profiler, started);
    if (!graphs.isEmpty()) {
      context.results().set(result -> result.flameGraphs(graphs));
      String note = "Profiled for %.0f s, which costs some speed: without, it is faster.";
      context.results().note(note.formatted(seconds));
    }
  }

  private Map<String, Long> start(AsyncProfiler profiler) {
    Map<String, Long> started = new LinkedHashMap<>();
    engine
        .pids()
        .forEach(
            (name, pid) -> {
              try {
                profiler.start(pid);
                started.put(name, pid);
              } catch (IOException e) {
                note("No profile of %s: %s.".formatted(name, e.getMessage()));
              }
            });
    return started;
  }

  private List<FlameGraphFile> stop(AsyncProfiler profiler, Map<String, Long> started) {
    List<FlameGraphFile> graphs = new ArrayList<>();
    started.forEach(
        (name, pid) -> {
          String file = "flames-" + name + ".html";
          try {
            profiler.stop(pid, context.setup().resultDirectory().resolve(file));
            graphs.add(new FlameGraphFile(name, file, null));
          } catch (IOException e) {
            note("No profile of %s: %s.".formatted(name, e.getMessage()));
          }
        });
    return graphs;
  }

  private boolean begun() {
    if (load.stages().isEmpty()) {
      return recording.answered() >= load.records() * LEFT_OUT;
    }
    long margin = Math.max(0, load.length().minus(LONGEST).dividedBy(2).toNanos());
    return recording.started() && System.nanoTime() >= recording.measuredFromNanos() + margin;
  }

  private boolean allDecided() {
    return load.stages().isEmpty() && recording.answered() >= load.records();
  }

  private void note(String note) {
    context.results().note(note);
    context.view().line("  %s", note);
  }
}
