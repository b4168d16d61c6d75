package io.turnstile.bench.leak;

import io.turnstile.bench.result.LeakResult;
import io.turnstile.bench.result.LeakResult.Trend;
import io.turnstile.bench.result.LeakResult.Verdict;
import io.turnstile.bench.result.Point;
import io.turnstile.bench.result.RunResult.CheckpointResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Watches processes during a soak and says whether anything in them leaks. Not thread-safe.
 *
 * <p>A process that is replaced by another of the same name starts anew: only the samples of the
 * last one count.
 */
public final class LeakWatch implements AutoCloseable {

  /** The metrics that are watched. */
  enum LeakMetric {
    HEAP_AFTER_GC("heap after GC", "MiB", 4),
    RSS("resident memory", "MiB", 16),
    NATIVE_MEMORY("native memory", "MiB", 16),
    STATE_SIZE(LeakResult.STATE_SIZE, "MiB", 4),
    OPEN_FILES("open files", "files", 4),
    THREADS("threads", "threads", 2);

    final String text;
    final String unit;

    /** The growth in an hour that is no leak yet; or {@link #TOLERATED_SHARE}, if that is more. */
    private final double tolerated;

    LeakMetric(String text, String unit, double tolerated) {
      this.text = text;
      this.unit = unit;
      this.tolerated = tolerated;
    }
  }

  /** Opens a probe. */
  interface Probes {
    Probe open(long pid) throws IOException;
  }

  /** Examines a process from outside. */
  interface Probe extends AutoCloseable {

    /** What can be told; collects the process's garbage first, which stalls it for a moment. */
    Map<LeakMetric, Double> sample() throws IOException;

    /** Writes a heap dump of live objects; the file must not exist, its name ends in .hprof. */
    void dumpHeap(Path file) throws IOException;

    @Override
    void close() throws IOException;
  }

  private record Watched(long pid, Probe probe, Map<LeakMetric, List<Point>> samples) {}

  /** Of the metric itself, in an hour. */
  private static final double TOLERATED_SHARE = 0.03;

  private final double settleSeconds;
  private final double windowSeconds;
  private final Probes probes;
  private final Map<String, Watched> processes = new LinkedHashMap<>();

  /**
   * @param settleSeconds what was sampled before then is not judged: pools and caches fill
   * @param windowSeconds the dedup window: until then state grows because it has to
   */
  public LeakWatch(double settleSeconds, double windowSeconds) {
    this(settleSeconds, windowSeconds, JvmProbe::attach);
  }

  LeakWatch(double settleSeconds, double windowSeconds, Probes probes) {
    this.settleSeconds = settleSeconds;
    this.windowSeconds = windowSeconds;
    this.probes = probes;
  }

  /** Samples a process at a time in seconds; fails if it cannot be looked at, or has ended. */
  public void sample(double t, String name, long pid) throws IOException {
    Watched process = processes.get(name);
    if (process == null || process.pid != pid) {
      processes.remove(name);
      if (process != null) {
        process.probe.close();
      }
      process = new Watched(pid, probes.open(pid), new EnumMap<>(LeakMetric.class));
      processes.put(name, process);
    }
    Map<LeakMetric, List<Point>> samples = process.samples;
    for (Map.Entry<LeakMetric, Double> each : process.probe.sample().entrySet()) {
      Point sample = new Point(t, each.getValue());
      samples.computeIfAbsent(each.getKey(), metric -> new ArrayList<>()).add(sample);
    }
  }

  /**
   * Judges all that was sampled.
   *
   * @param checkpoints of the run: the state's size
   * @param dumps where a heap dump goes if there is a leak; null for none
   */
  public LeakResult judge(List<CheckpointResult> checkpoints, Path dumps) throws IOException {
    List<Point> stateSizes =
        checkpoints.stream()
            .filter(checkpoint -> checkpoint.fullSizeMb() != null)
            .map(checkpoint -> new Point(checkpoint.atS(), checkpoint.fullSizeMb()))
            .sorted(Comparator.comparingDouble(Point::x))
            .toList();
    List<Trend> trends = new ArrayList<>();
    processes.forEach(
        (name, process) ->
            process.samples.forEach(
                (metric, samples) -> trends.add(trend(name, metric, samples, settleSeconds))));
    Optional<Trend> leaking =
        trends.stream().filter(trend -> trend.verdict() == Verdict.LEAK).findFirst();
    if (!stateSizes.isEmpty()) {
      double from = Math.max(settleSeconds, windowSeconds);
      trends.add(trend("job", LeakMetric.STATE_SIZE, stateSizes, from));
    }
    Verdict worst =
        trends.stream()
            .map(Trend::verdict)
            .min(Comparator.naturalOrder())
            .orElse(Verdict.NOT_ENOUGH_DATA);
    if (leaking.isEmpty() || dumps == null) {
      return new LeakResult(worst, trends, null);
    }
    String process = leaking.get().process();
    Path dump = Files.createDirectories(dumps).resolve(process + ".hprof");
    Files.deleteIfExists(dump);
    processes.get(process).probe.dumpHeap(dump);
    return new LeakResult(worst, trends, dump.getFileName().toString());
  }

  private static Trend trend(String process, LeakMetric metric, List<Point> samples, double from) {
    List<Point> judged = samples.stream().filter(sample -> sample.x() >= from).toList();
    Growth growth = Growth.of(judged);
    double mean = judged.stream().mapToDouble(Point::y).average().orElse(0);
    double tolerance = Math.max(metric.tolerated, mean * TOLERATED_SHARE);
    return new Trend(
        process,
        metric.text,
        metric.unit,
        growth.verdict(tolerance),
        growth.slope(),
        growth.low(),
        growth.high(),
        tolerance,
        samples);
  }

  @Override
  public void close() throws IOException {
    for (Watched process : processes.values()) {
      process.probe.close();
    }
  }
}
