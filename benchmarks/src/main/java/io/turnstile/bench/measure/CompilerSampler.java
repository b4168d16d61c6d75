package io.turnstile.bench.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * Samples what the JIT compilers of processes take, by the times that Linux keeps of each thread.
 * Thread-safe.
 */
final class CompilerSampler {

  /** HotSpot's threads; Linux cuts their names to 15 characters. */
  private static final Set<String> COMPILERS = Set.of("C1 CompilerThre", "C2 CompilerThre");

  /** Linux shows times in hundredths of a second (USER_HZ), whatever its own clock does. */
  private static final double TICKS_PER_SECOND = 100;

  /** Fields of a thread's {@code stat} behind its name: user and system time. */
  private static final int USER_TIME = 11;

  private static final int SYSTEM_TIME = 12;

  /**
   * A thread that was no compiler so often is not read again: to read hundreds of threads each
   * second would be felt in what is measured. Once is not enough, as a thread gets its name only
   * when it runs.
   */
  private static final int LOOKS = 2;

  private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Map<String, Jvm> jvms = new HashMap<>();

  /**
   * Takes a sample of a process: the processor seconds of its compilers since its first one. If
   * another process has taken over the name, its seconds are added. Empty if the process has ended,
   * has no compilers that are known here, or this is not Linux.
   *
   * @param tasks the directory {@code /proc/PID/task}
   */
  synchronized OptionalDouble sample(String process, long nanos, Path tasks) {
    String[] threads = tasks.toFile().list();
    return threads == null
        ? OptionalDouble.empty()
        : jvms.computeIfAbsent(process, name -> new Jvm()).sample(nanos, tasks, List.of(threads));
  }

  /**
   * Returns what the compilers of all processes but one took together in each second from an
   * instant on, in cores; NaN for a second that the samples do not span.
   */
  synchronized double[] cores(long fromNanos, int seconds, String without) {
    List<NavigableMap<Long, Double>> sampled =
        jvms.entrySet().stream()
            .filter(jvm -> !jvm.getKey().equals(without))
            .map(jvm -> jvm.getValue().secondsByNanos)
            .filter(samples -> !samples.isEmpty())
            .toList();
    long first = sampled.stream().mapToLong(NavigableMap::firstKey).min().orElse(Long.MAX_VALUE);
    long last = sampled.stream().mapToLong(NavigableMap::lastKey).max().orElse(Long.MIN_VALUE);
    double[] cores = new double[seconds];
    for (int i = 0; i < seconds; i++) {
      long from = fromNanos + i * SECOND_NANOS;
      long to = from + SECOND_NANOS;
      cores[i] =
          from < first || to > last
              ? Double.NaN
              : sampled.stream().mapToDouble(each -> at(each, to) - at(each, from)).sum();
    }
    return cores;
  }

  /**
   * The seconds at an instant, between two samples in proportion; before and after all, as then.
   */
  private static double at(NavigableMap<Long, Double> secondsByNanos, long nanos) {
    Map.Entry<Long, Double> before = secondsByNanos.floorEntry(nanos);
    Map.Entry<Long, Double> after = secondsByNanos.ceilingEntry(nanos);
    if (before == null || after == null) {
      return (before == null ? after : before).getValue();
    }
    long between = after.getKey() - before.getKey();
    double share = between == 0 ? 0 : (nanos - before.getKey()) / (double) between;
    return before.getValue() + share * (after.getValue() - before.getValue());
  }

  /** Processes that had one name; not thread-safe. */
  private static final class Jvm {

    private final Map<String, Long> ticksByCompiler = new HashMap<>();
    private final Map<String, Integer> looksAtOthers = new HashMap<>();
    private final NavigableMap<Long, Double> secondsByNanos = new TreeMap<>();
    private boolean sampled;

    /** Of increases: JDK 17 ends idle compilers, so the sum of those that live would fall. */
    private long ticks;

    OptionalDouble sample(long nanos, Path tasks, List<String> threads) {
      Set<String> living = new HashSet<>(threads);
      ticksByCompiler.keySet().retainAll(living);
      looksAtOthers.keySet().retainAll(living);
      threads.stream()
          .filter(thread -> looksAtOthers.getOrDefault(thread, 0) < LOOKS)
          .forEach(thread -> look(thread, tasks.resolve(thread).resolve("stat")));
      sampled = true;
      if (ticksByCompiler.isEmpty() && secondsByNanos.isEmpty()) {
        return OptionalDouble.empty();
      }
      secondsByNanos.put(nanos, ticks / TICKS_PER_SECOND);
      return OptionalDouble.of(ticks / TICKS_PER_SECOND);
    }

    private void look(String thread, Path stat) {
      String line;
      try {
        line = Files.readString(stat);
      } catch (IOException e) {
        // It ended after it was listed.
        return;
      }
      OptionalLong now = compilerTicks(line);
      if (now.isEmpty()) {
        looksAtOthers.merge(thread, 1, Integer::sum);
        return;
      }
      // One that is new since the last sample has taken all its time since then.
      Long before = ticksByCompiler.put(thread, now.getAsLong());
      if (sampled) {
        ticks += now.getAsLong() - (before == null ? 0 : before);
      }
    }

    /** User and system time of a compiler; empty for another thread. A name may hold anything. */
    private static OptionalLong compilerTicks(String stat) {
      int end = stat.lastIndexOf(')');
      if (end < 0 || !COMPILERS.contains(stat.substring(stat.indexOf('(') + 1, end))) {
        return OptionalLong.empty();
      }
      String[] fields = stat.substring(end + 1).strip().split(" ", -1);
      return OptionalLong.of(
          Long.parseLong(fields[USER_TIME]) + Long.parseLong(fields[SYSTEM_TIME]));
    }
  }
}
