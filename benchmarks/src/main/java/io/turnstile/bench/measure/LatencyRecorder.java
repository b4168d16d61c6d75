package io.turnstile.bench.measure;

import io.turnstile.bench.result.Latency;
import io.turnstile.bench.result.Latency.LatencySummary;
import io.turnstile.bench.result.Point;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntPredicate;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * Latencies and rates of one stretch of load, second by second. The first input's intended time is
 * second 0; inputs that were meant to be sent during the warm-up are in the seconds, but not in the
 * distribution. Thread-safe.
 */
public final class LatencyRecorder implements VerdictProbe.VerdictListener {

  /** Microseconds, to 0.1 % over the whole and 1 % in each second. */
  private static final int DIGITS = 3;

  private static final int DIGITS_IN_SECOND = 2;
  private static final long PROMPT_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Counts of one second, and latencies of what was meant to be sent in it. */
  private static final class Second {
    private final Histogram latency = new Histogram(DIGITS_IN_SECOND);
    private long intended;
    private long acknowledged;
    private long verdicts;
    private boolean prompt;
  }

  /**
   * The first verdicts of what is sent after an instant, one in each partition that had verdicts
   * before; {@link #resumedNanos} is read without the recorder's lock.
   */
  private static final class Resumption {
    private final long afterNanos;
    private final Set<Integer> missing;
    private long lastNanos = Long.MIN_VALUE;
    private volatile long resumedNanos = Long.MAX_VALUE;

    Resumption(long afterNanos, Set<Integer> partitions) {
      this.afterNanos = afterNanos;
      missing = new HashSet<>(partitions);
    }

    /** Of a partition's verdicts, the one that is heard of first counts. */
    void joined(int partition, long intendedNanos, long verdictNanos) {
      if (intendedNanos <= afterNanos || resumedNanos != Long.MAX_VALUE) {
        return;
      }
      if (missing.remove(partition)) {
        lastNanos = Math.max(lastNanos, verdictNanos);
      }
      if (missing.isEmpty()) {
        resumedNanos = Math.max(lastNanos, verdictNanos);
      }
    }
  }

  private final long warmUpNanos;
  private final List<Second> seconds = new ArrayList<>();
  private final Histogram measured = new Histogram(DIGITS);
  private long startNanos = Long.MAX_VALUE;
  private long firstVerdictNanos = Long.MAX_VALUE;
  private long lastVerdictNanos = Long.MIN_VALUE;
  private long lastIntendedNanos = Long.MIN_VALUE;
  private long longestSilenceNanos;
  private long answered;
  private final Set<Integer> partitions = new HashSet<>();
  private final List<Resumption> resumptions = new ArrayList<>();

  /** The distribution leaves out the warm-up, which begins with the first intended time. */
  public LatencyRecorder(long warmUpNanos) {
    this.warmUpNanos = warmUpNanos;
  }

  @Override
  public synchronized void sent(long intendedNanos, long nowNanos) {
    if (startNanos == Long.MAX_VALUE) {
      startNanos = intendedNanos;
    }
    lastIntendedNanos = Math.max(lastIntendedNanos, intendedNanos);
    second(intendedNanos).intended++;
    second(nowNanos).acknowledged++;
  }

  @Override
  public synchronized void joined(int partition, long intendedNanos, long verdictNanos) {
    if (startNanos == Long.MAX_VALUE || intendedNanos < startNanos - PROMPT_NANOS) {
      // Of an earlier stretch of load.
      return;
    }
    answered++;
    firstVerdictNanos = Math.min(firstVerdictNanos, verdictNanos);
    if (lastVerdictNanos >= startNanos + warmUpNanos) {
      longestSilenceNanos = Math.max(longestSilenceNanos, verdictNanos - lastVerdictNanos);
    }
    lastVerdictNanos = Math.max(lastVerdictNanos, verdictNanos);
    long nanos = Math.max(0, verdictNanos - intendedNanos);
    long micros = TimeUnit.NANOSECONDS.toMicros(nanos);
    Second second = second(intendedNanos);
    second.latency.recordValue(micros);
    second.prompt |= nanos <= PROMPT_NANOS;
    second(verdictNanos).verdicts++;
    if (intendedNanos - startNanos >= warmUpNanos) {
      measured.recordValue(micros);
    }
    partitions.add(partition);
    resumptions.forEach(each -> each.joined(partition, intendedNanos, verdictNanos));
  }

  private Second second(long nanos) {
    while (seconds.size() <= secondOf(nanos)) {
      seconds.add(new Second());
    }
    return seconds.get(secondOf(nanos));
  }

  /** Tells whether anything was acknowledged yet. */
  public synchronized boolean started() {
    return startNanos != Long.MAX_VALUE;
  }

  /** The first intended time; only once {@link #started}. */
  public synchronized long startNanos() {
    return startNanos;
  }

  /** The first intended time that counts. */
  public synchronized long measuredFromNanos() {
    return startNanos + warmUpNanos;
  }

  /** The same in epoch milliseconds; {@link Long#MAX_VALUE} unless {@link #started}. */
  public synchronized long measuredFromMillis() {
    long ago = System.nanoTime() - measuredFromNanos();
    return started()
        ? System.currentTimeMillis() - TimeUnit.NANOSECONDS.toMillis(ago)
        : Long.MAX_VALUE;
  }

  /** Seconds from the first measured intended time to the last. */
  public synchronized double measuredSeconds() {
    return Math.max(0, lastIntendedNanos - startNanos - warmUpNanos) / 1e9;
  }

  /** Inputs whose verdict has come, warm-up included. */
  public synchronized long answered() {
    return answered;
  }

  public synchronized long firstVerdictNanos() {
    return firstVerdictNanos;
  }

  public synchronized long lastVerdictNanos() {
    return lastVerdictNanos;
  }

  /** The longest time between two verdicts that came one after the other, after the warm-up. */
  public synchronized double longestSilenceSeconds() {
    return longestSilenceNanos / 1e9;
  }

  /**
   * Verdicts per second until the last one, a share of them left out at the beginning by whole
   * seconds; with 0 it counts from the first verdict on.
   */
  public synchronized double drainRate(double leftOut) {
    long before = 0;
    long fromNanos = firstVerdictNanos;
    for (int i = 0; i < seconds.size() && before < answered * leftOut; i++) {
      before += seconds.get(i).verdicts;
      fromNanos = startNanos + TimeUnit.SECONDS.toNanos(i + 1);
    }
    return lastVerdictNanos > fromNanos
        ? (answered - before) / ((lastVerdictNanos - fromNanos) / 1e9)
        : 0;
  }

  /**
   * Returns what gives the time at which the stream goes on: when the last of the partitions that
   * had verdicts until now has its first one of an input that is meant to be sent after an instant;
   * {@link Long#MAX_VALUE} until it has. So an engine that has lost a part of the partitions is not
   * taken for one that has lost none.
   */
  public synchronized LongSupplier firstVerdictAfter(long nanos) {
    Resumption resumption = new Resumption(nanos, partitions);
    resumptions.add(resumption);
    return () -> resumption.resumedNanos;
  }

  /** The distribution after the warm-up, in microseconds. */
  public synchronized Histogram measured() {
    return measured.copy();
  }

  /** The distribution of what was sent in the seconds that the filter admits, warm-up excluded. */
  public synchronized Histogram measured(LongPredicate second) {
    Histogram some = new Histogram(DIGITS_IN_SECOND);
    afterWarmUp(second).forEach(each -> some.add(each.latency));
    return some;
  }

  private Stream<Second> afterWarmUp(LongPredicate second) {
    return IntStream.range((int) Math.ceil(warmUpSeconds()), seconds.size())
        .filter(second::test)
        .mapToObj(seconds::get);
  }

  /** The second that an instant lies in. */
  public synchronized int secondOf(long nanos) {
    return (int) Math.max(0, TimeUnit.NANOSECONDS.toSeconds(nanos - startNanos));
  }

  /**
   * Of the seconds with input that the filter admits, warm-up excluded, the share in which some
   * input had its verdict within a second; NaN if there are none.
   */
  public synchronized double availability(LongPredicate second) {
    return afterWarmUp(second)
        .filter(each -> each.intended > 0)
        .mapToInt(each -> each.prompt ? 1 : 0)
        .average()
        .orElse(Double.NaN);
  }

  /**
   * The first second from the given one on at which, and in the two after it, all that was sent has
   * its verdict and the 99th percentile is within the limit; -1 if there is none.
   */
  public synchronized int caughtUpSecond(int from, double p99LimitMs) {
    return inTimeFrom(from, seconds.size(), 3, p99LimitMs, second -> true);
  }

  /**
   * The first of so many seconds in a row, from one on and all before another, in which the same
   * holds, and something else of the second's number; -1 if there are none. Seconds without input
   * are passed over.
   */
  synchronized int inTimeFrom(
      int from, int before, int inARow, double p99LimitMs, IntPredicate also) {
    int holding = 0;
    int first = from;
    for (int i = from; i < Math.min(before, seconds.size()); i++) {
      Second second = seconds.get(i);
      if (second.intended == 0) {
        continue;
      }
      boolean holds =
          second.latency.getTotalCount() >= second.intended
              && second.latency.getValueAtPercentile(99) <= p99LimitMs * 1000
              && also.test(i);
      first = holds && holding == 0 ? i : first;
      holding = holds ? holding + 1 : 0;
      if (holding == inARow) {
        return first;
      }
    }
    return -1;
  }

  /** Latencies of the last second that most likely has all its verdicts, for a progress line. */
  public synchronized Histogram recent(long nowNanos) {
    int index = secondOf(nowNanos) - 2;
    return index < 0 || index >= seconds.size()
        ? new Histogram(DIGITS_IN_SECOND)
        : seconds.get(index).latency.copy();
  }

  /** The latency as the result has it. */
  public synchronized Latency latency() {
    List<Latency.Interval> series = new ArrayList<>();
    for (int i = 0; i < seconds.size(); i++) {
      Histogram latency = seconds.get(i).latency;
      if (latency.getTotalCount() > 0) {
        series.add(
            new Latency.Interval(
                i - warmUpSeconds(),
                latency.getValueAtPercentile(50) / 1000.0,
                latency.getValueAtPercentile(99) / 1000.0,
                latency.getMaxValue() / 1000.0,
                latency.getTotalCount()));
      }
    }
    return new Latency(LatencySummary.ofMicros(measured), null, series);
  }

  /** Committed verdicts in each second. */
  public synchronized List<Point> verdictSeries() {
    return series(second -> second.verdicts);
  }

  /** Inputs acknowledged in each second. */
  public synchronized List<Point> acknowledgedSeries() {
    return series(second -> second.acknowledged);
  }

  /** Inputs acknowledged whose verdict had not come, at the end of each second. */
  public synchronized List<Point> backlogSeries() {
    AtomicLong sum = new AtomicLong();
    return series(second -> Math.max(0, sum.addAndGet(second.acknowledged - second.verdicts)));
  }

  private List<Point> series(ToLongFunction<Second> value) {
    return IntStream.range(0, seconds.size())
        .mapToObj(i -> new Point(i - warmUpSeconds(), value.applyAsLong(seconds.get(i))))
        .toList();
  }

  /** Mean per second of the whole seconds from the end of the warm-up to the last intended time. */
  public synchronized double meanOverMeasured(List<Point> series) {
    // The last input of a second is meant to be sent a little before its end.
    double end = measuredSeconds() + 0.05;
    return series.stream()
        .filter(point -> point.x() >= 0 && point.x() + 1 <= end)
        .mapToDouble(Point::y)
        .average()
        .orElse(0);
  }

  private double warmUpSeconds() {
    return warmUpNanos / 1e9;
  }
}
