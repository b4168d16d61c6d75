package io.turnstile.bench.leak;

import io.turnstile.bench.result.CheckpointResult;
import io.turnstile.bench.result.LeakResult;
import io.turnstile.bench.result.LeakResult.Trend;
import io.turnstile.bench.result.LeakResult.Verdict;
import io.turnstile.bench.result.Point;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Watches processes during a soak and says whether anything in them leaks. Not thread-safe.
 *
 * <p>A process that is replaced by another of the same name starts anew: only the samples of the
 * last one count.
 */
public final class LeakWatch implements AutoCloseable {

  /** Opens a probe. */
  interface Probes {
    ProcessProbe open(long pid) throws IOException;
  }

  private static final class Watched {
    private final long pid;
    private final ProcessProbe probe;
    private final Map<LeakMetric, List<Point>> samples = new LinkedHashMap<>();

    Watched(long pid, ProcessProbe probe) {
      this.pid = pid;
      this.probe = probe;
    }
  }

  private final double settleSeconds;
  private final double windowSeconds;
  private final Probes probes;
  private final Map<String, Watched> processes = new LinkedHashMap<>();
  private final List<Point> stateSizes = new ArrayList<>();

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

  /**
   * Samples a process.
   *
   * @param t when, in seconds
   * @param name its role
   * @throws IOException if the process cannot be looked at, as when it has ended
   */
  public void sample(double t, String name, long pid) throws IOException {
    Watched process = processes.get(name);
    if (process == null || process.pid != pid) {
      if (process != null) {
        process.probe.close();
        processes.remove(name);
      }
      process = new Watched(pid, probes.open(pid));
      processes.put(name, process);
    }
    for (Map.Entry<LeakMetric, Double> metric : process.probe.sample().entrySet()) {
      process
          .samples
          .computeIfAbsent(metric.getKey(), key -> new ArrayList<>())
          .add(new Point(t, metric.getValue()));
    }
  }

  /** The checkpoints of the run: the state's size. */
  public void stateSizes(List<CheckpointResult> checkpoints) {
    stateSizes.clear();
    checkpoints.stream()
        .filter(checkpoint -> checkpoint.fullSizeMb() != null)
        .map(checkpoint -> new Point(checkpoint.atS(), checkpoint.fullSizeMb()))
        .sorted(Comparator.comparingDouble(Point::x))
        .forEach(stateSizes::add);
  }

  /**
   * Judges all that was sampled.
   *
   * @param dumps where a heap dump goes if there is a leak; null for none
   */
  public LeakResult judge(Path dumps) throws IOException {
    List<Trend> trends = new ArrayList<>();
    Watched leaking = null;
    String leakingName = null;
    for (Map.Entry<String, Watched> process : processes.entrySet()) {
      for (Map.Entry<LeakMetric, List<Point>> metric : process.getValue().samples.entrySet()) {
        Trend trend = trend(process.getKey(), metric.getKey(), metric.getValue(), settleSeconds);
        trends.add(trend);
        if (trend.verdict() == Verdict.LEAK && leaking == null) {
          leaking = process.getValue();
          leakingName = process.getKey();
        }
      }
    }
    if (!stateSizes.isEmpty()) {
      trends.add(
          trend("job", LeakMetric.STATE_SIZE, stateSizes, Math.max(settleSeconds, windowSeconds)));
    }
    Verdict worst =
        trends.stream()
            .map(Trend::verdict)
            .min(Comparator.naturalOrder())
            .orElse(Verdict.NOT_ENOUGH_DATA);
    String dump = null;
    if (leaking != null && dumps != null) {
      Path file = Files.createDirectories(dumps).resolve(leakingName + ".hprof");
      Files.deleteIfExists(file);
      leaking.probe.dumpHeap(file);
      dump = file.getFileName().toString();
    }
    return new LeakResult(worst, trends, dump);
  }

  private static Trend trend(String process, LeakMetric metric, List<Point> samples, double from) {
    List<Point> judged = samples.stream().filter(sample -> sample.x() >= from).toList();
    Growth growth = Growth.of(judged);
    double tolerance = metric.tolerance(judged);
    return new Trend(
        process,
        metric.text(),
        metric.unit(),
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
