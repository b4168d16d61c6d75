package io.turnstile.bench.measure;

import io.turnstile.bench.result.ProcessResources;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.stream.DoubleStream;

/**
 * Samples what processes use, from outside, through Linux's {@code /proc}; elsewhere it finds
 * nothing. Thread-safe.
 */
public final class ResourceSampler implements AutoCloseable {

  /** The name of the process that sends, reads and samples. */
  public static final String LOAD = "load";

  private static final double MIB = 1 << 20;

  private record Sample(long nanos, ProcFs.Usage usage) {}

  /** All of one process. */
  private static final class Series {
    private final List<Sample> samples = new ArrayList<>();

    /** On the clock of {@link System#nanoTime()}. */
    private long processStartNanos;
  }

  private final Map<String, Series> processes = new LinkedHashMap<>();
  private final GcPauseListener ownPauses = new GcPauseListener();

  /** Takes one sample of each process, and of this one; given are process ids by name. */
  public synchronized void sample(Map<String, Long> pids) {
    sample(LOAD, ProcessHandle.current().pid());
    pids.forEach(this::sample);
  }

  private void sample(String name, long pid) {
    long now = System.nanoTime();
    ProcFs.usage(pid)
        .ifPresent(
            usage ->
                processes
                    .computeIfAbsent(name, ignored -> newSeries(pid, now))
                    .samples
                    .add(new Sample(now, usage)));
  }

  private static Series newSeries(long pid, long now) {
    Series series = new Series();
    series.processStartNanos = now - (long) (ProcFs.age(pid).orElse(0.0) * 1_000_000_000L);
    return series;
  }

  /**
   * Returns what each process used between two instants.
   *
   * @param gcLog where a process of that name, other than {@link #LOAD}, logs its collections
   */
  public synchronized List<ProcessResources> between(
      long fromNanos, long toNanos, Function<String, Path> gcLog) {
    List<ProcessResources> all = new ArrayList<>();
    processes.forEach(
        (name, series) -> {
          List<Sample> samples =
              series.samples.stream()
                  .filter(sample -> sample.nanos >= fromNanos && sample.nanos <= toNanos)
                  .toList();
          if (samples.size() > 1) {
            all.add(resources(name, series, samples, fromNanos, toNanos, pauses(name, gcLog)));
          }
        });
    return all;
  }

  private static ProcessResources resources(
      String name,
      Series series,
      List<Sample> samples,
      long from,
      long to,
      Optional<List<GcLog.Pause>> gcPauses) {
    Sample first = samples.get(0);
    Sample last = samples.get(samples.size() - 1);
    List<ProcessResources.Sample> points = new ArrayList<>();
    for (int i = 1; i < samples.size(); i++) {
      Sample sample = samples.get(i);
      points.add(
          new ProcessResources.Sample(
              (sample.nanos - from) / 1e9,
              cores(samples.get(i - 1), sample),
              sample.usage.rssBytes() / MIB,
              (sample.usage.writtenBytes() - first.usage.writtenBytes()) / MIB));
    }
    Optional<double[]> pauses =
        gcPauses.map(each -> millis(each, series.processStartNanos, from, to));
    return new ProcessResources(
        name,
        cores(first, last),
        value(points.stream().mapToDouble(ProcessResources.Sample::cpuCores).max()),
        value(samples.stream().mapToDouble(sample -> sample.usage.rssBytes() / MIB).max()),
        pauses.map(each -> DoubleStream.of(each).max().orElse(0)).orElse(null),
        pauses.map(each -> DoubleStream.of(each).sum()).orElse(null),
        (last.usage.writtenBytes() - first.usage.writtenBytes()) / MIB,
        points);
  }

  private static double cores(Sample before, Sample after) {
    return (after.usage.cpuSeconds() - before.usage.cpuSeconds())
        / ((after.nanos - before.nanos) / 1e9);
  }

  /** Empty if nobody has noted them. */
  private Optional<List<GcLog.Pause>> pauses(String name, Function<String, Path> gcLog) {
    if (name.equals(LOAD)) {
      return Optional.of(ownPauses.pauses());
    }
    try {
      return GcLog.read(gcLog.apply(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static double[] millis(
      List<GcLog.Pause> pauses, long processStartNanos, long from, long to) {
    return pauses.stream()
        .filter(
            pause -> {
              long at = processStartNanos + (long) (pause.atSeconds() * 1e9);
              return at >= from && at <= to;
            })
        .mapToDouble(GcLog.Pause::millis)
        .toArray();
  }

  private static Double value(OptionalDouble value) {
    return value.isPresent() ? value.getAsDouble() : null;
  }

  @Override
  public void close() {
    ownPauses.close();
  }
}
