package io.turnstile.bench.measure;

import com.sun.management.GarbageCollectionNotificationInfo;
import io.turnstile.bench.result.RunResult.ProcessResources;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.JMException;
import javax.management.Notification;
import javax.management.NotificationEmitter;
import javax.management.NotificationListener;
import javax.management.openmbean.CompositeData;

/**
 * Samples what processes use, from outside, through Linux's {@code /proc}; elsewhere it finds
 * nothing. Thread-safe.
 */
public final class ResourceSampler implements AutoCloseable {

  /** The name of the process that sends, reads and samples. */
  public static final String LOAD = "load";

  private static final double MIB = 1 << 20;

  /**
   * A process at an instant; page cache that is not yet written counts as written.
   *
   * @param jitSeconds of its compilers since its first sample; null if not known
   */
  private record Sample(
      long nanos, double cpuSeconds, Double jitSeconds, double rssMb, double writtenMb) {}

  private final Map<String, List<Sample>> processes = new LinkedHashMap<>();
  private final CompilerSampler compilers = new CompilerSampler();
  private final GcPauses ownPauses = new GcPauses();
  private final Path proc;
  private final LongSupplier nanoTime;

  public ResourceSampler() {
    this(Path.of("/proc"), System::nanoTime);
  }

  /** Reads the times of compilers below another directory than {@code /proc}, by another clock. */
  public ResourceSampler(Path proc, LongSupplier nanoTime) {
    this.proc = proc;
    this.nanoTime = nanoTime;
  }

  /** Takes one sample of each process, and of this one; given are process ids by name. */
  public synchronized void sample(Map<String, Long> pids) {
    sample(LOAD, ProcessHandle.current().pid());
    pids.forEach(this::sample);
  }

  private void sample(String name, long pid) {
    long now = nanoTime.getAsLong();
    Path tasks = proc.resolve(Long.toString(pid)).resolve("task");
    OptionalDouble jit = compilers.sample(name, now, tasks);
    try {
      Duration cpu = ProcessHandle.of(pid).orElseThrow().info().totalCpuDuration().orElseThrow();
      double rssMb = field(pid, "status", "VmRSS:").orElseThrow() * 1024 / MIB;
      double writtenMb = field(pid, "io", "write_bytes:").orElseThrow() / MIB;
      processes
          .computeIfAbsent(name, ignored -> new ArrayList<>())
          .add(
              new Sample(
                  now,
                  cpu.toNanos() / 1e9,
                  jit.isPresent() ? jit.getAsDouble() : null,
                  rssMb,
                  writtenMb));
    } catch (IOException | RuntimeException e) {
      // It has ended, or this is not Linux.
    }
  }

  /** A number in a process's file below {@code /proc}; empty if it has no such line. */
  public static OptionalDouble field(long pid, String file, String name) throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(pid), file)).stream()
        .filter(line -> line.startsWith(name))
        .mapToDouble(line -> Double.parseDouble(line.split("\\s+", -1)[1]))
        .findFirst();
  }

  /**
   * Returns what the compilers of all processes but {@link #LOAD} took together in each second from
   * an instant on, in cores; NaN where that is not known.
   */
  public double[] compilerCores(long fromNanos, int seconds) {
    return compilers.cores(fromNanos, seconds, LOAD);
  }

  /** What each process used between two instants; all but {@link #LOAD} have a GC log. */
  public synchronized List<ProcessResources> between(
      long fromNanos, long toNanos, Function<String, Path> gcLog) throws IOException {
    List<ProcessResources> used = new ArrayList<>();
    for (String name : processes.keySet()) {
      List<Sample> samples =
          processes.get(name).stream()
              .filter(sample -> sample.nanos >= fromNanos && sample.nanos <= toNanos)
              .toList();
      if (samples.size() > 1) {
        used.add(resources(name, samples, fromNanos, pauses(name, gcLog, fromNanos, toNanos)));
      }
    }
    return used;
  }

  private static ProcessResources resources(
      String name, List<Sample> samples, long from, DoubleSummaryStatistics pauses) {
    Sample first = samples.get(0);
    Sample last = samples.get(samples.size() - 1);
    List<ProcessResources.Sample> points = new ArrayList<>();
    for (int i = 1; i < samples.size(); i++) {
      Sample sample = samples.get(i);
      double cores = cores(samples.get(i - 1), sample);
      Double jit = jitCores(samples.get(i - 1), sample);
      double written = sample.writtenMb - first.writtenMb;
      points.add(
          new ProcessResources.Sample(
              (sample.nanos - from) / 1e9, cores, jit, sample.rssMb, written));
    }
    return new ProcessResources(
        name,
        cores(first, last),
        points.stream().mapToDouble(ProcessResources.Sample::cpuCores).max().getAsDouble(),
        jitCores(first, last),
        samples.stream().mapToDouble(Sample::rssMb).max().getAsDouble(),
        pauses == null ? null : Math.max(0, pauses.getMax()),
        pauses == null ? null : pauses.getSum(),
        last.writtenMb - first.writtenMb,
        points);
  }

  private static double cores(Sample before, Sample after) {
    return (after.cpuSeconds - before.cpuSeconds) / ((after.nanos - before.nanos) / 1e9);
  }

  private static Double jitCores(Sample before, Sample after) {
    return before.jitSeconds == null || after.jitSeconds == null
        ? null
        : Double.valueOf(
            (after.jitSeconds - before.jitSeconds) / ((after.nanos - before.nanos) / 1e9));
  }

  /** Returns the milliseconds of the pauses between two instants; null if nobody noted them. */
  private DoubleSummaryStatistics pauses(
      String name, Function<String, Path> gcLog, long fromNanos, long toNanos) throws IOException {
    return (name.equals(LOAD) ? Optional.of(ownPauses.own()) : GcPauses.logged(gcLog.apply(name)))
        .map(
            all ->
                all.stream()
                    .filter(pause -> pause.nanos() >= fromNanos && pause.nanos() <= toNanos)
                    .mapToDouble(GcPauses.Pause::millis)
                    .summaryStatistics())
        .orElse(null);
  }

  @Override
  public void close() {
    ownPauses.close();
  }

  /** Pauses for garbage collections of this JVM, which need not log them, and of others. */
  static final class GcPauses implements AutoCloseable {

    /** A line of a log that {@code -Xlog:gc:file=…:uptime,timenanos} wrote. */
    private static final Pattern LOGGED =
        Pattern.compile("^\\[[^]]+]\\[(\\d+)ns].*\\bPause\\b.* (\\d+[.,]\\d+)ms$");

    /** A pause of the whole JVM by its end, on the {@link System#nanoTime} of all JVMs here. */
    record Pause(long nanos, double millis) {}

    private final List<Pause> own = new ArrayList<>();
    private final NotificationListener listener = (notification, ignored) -> note(notification);
    private final List<NotificationEmitter> collectors =
        ManagementFactory.getGarbageCollectorMXBeans().stream()
            .filter(GcPauses::stopsTheWorld)
            .map(NotificationEmitter.class::cast)
            .toList();

    GcPauses() {
      collectors.forEach(collector -> collector.addNotificationListener(listener, null, null));
    }

    /** Collectors that work beside the program say so in their names. */
    private static boolean stopsTheWorld(GarbageCollectorMXBean collector) {
      String name = collector.getName().toLowerCase(Locale.ROOT);
      return collector instanceof NotificationEmitter
          && !name.contains("concurrent")
          && !name.contains("cycles");
    }

    private synchronized void note(Notification notification) {
      // Collectors notify of nothing else.
      CompositeData data = (CompositeData) notification.getUserData();
      long millis = GarbageCollectionNotificationInfo.from(data).getGcInfo().getDuration();
      own.add(new Pause(System.nanoTime(), millis));
    }

    /** Those of this JVM so far; their end is the time when this object was told. */
    synchronized List<Pause> own() {
      return List.copyOf(own);
    }

    /** Those in a log, in the order of time; nothing if there is no such file. */
    static Optional<List<Pause>> logged(Path file) throws IOException {
      if (!Files.exists(file)) {
        return Optional.empty();
      }
      return Optional.of(
          Files.readAllLines(file).stream()
              .map(LOGGED::matcher)
              .filter(Matcher::matches)
              .map(
                  line ->
                      new Pause(
                          Long.parseLong(line.group(1)),
                          Double.parseDouble(line.group(2).replace(',', '.'))))
              .toList());
    }

    @Override
    public void close() {
      for (NotificationEmitter collector : collectors) {
        try {
          collector.removeNotificationListener(listener);
        } catch (JMException e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }
}
