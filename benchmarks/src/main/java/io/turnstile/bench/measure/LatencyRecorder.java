package io.turnstile.bench.measure;

import io.turnstile.bench.result.Latency;
import io.turnstile.bench.result.LatencySummary;
import io.turnstile.bench.result.Point;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;
import org.HdrHistogram.Histogram;

/**
 * Latencies and rates of one stretch of load, second by second. The first input's intended time is
 * second 0; inputs that were meant to be sent during the warm-up are in the seconds, but not in the
 * distribution. Thread-safe.
 */
public final class LatencyRecorder implements VerdictListener {

  /** Microseconds, to 0.1 % over the whole and 1 % in each second. */
  private static final int DIGITS = 3;

  private static final int DIGITS_IN_SECOND = 2;
  private static final long PROMPT_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Counts of one second, and latencies of what was meant to be sent in it. */
  private static final class Second {
    /** Of the inputs meant to be sent in it; null until one has its verdict. */
    private Histogram latency;

    private long intended;
    private long acknowledged;
    private long verdicts;
    private boolean prompt;
  }

  private final long warmUpNanos;
  private final List<Second> seconds = new ArrayList<>();
  private final Histogram measured = new Histogram(DIGITS);
  private long startNanos = Long.MAX_VALUE;
  private long firstVerdictNanos = Long.MAX_VALUE;
  private long lastVerdictNanos = Long.MIN_VALUE;
  private long lastIntendedNanos = Long.MIN_VALUE;
  private long answered;
  private final List<Resumption> resumptions = new ArrayList<>();

  /** Waits for the first verdict of an input sent after an instant. */
  private static final class Resumption {
    private final long afterNanos;
    private long verdictNanos = Long.MAX_VALUE;

    Resumption(long afterNanos) {
      this.afterNanos = afterNanos;
    }
  }

  /**
   * @param warmUpNanos what the distribution leaves out from the first intended time on
   */
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
  public synchronized void joined(long intendedNanos, long verdictNanos) {
    if (startNanos == Long.MAX_VALUE || intendedNanos < startNanos - PROMPT_NANOS) {
      // Of an earlier stretch of load.
      return;
    }
    answered++;
    firstVerdictNanos = Math.min(firstVerdictNanos, verdictNanos);
    lastVerdictNanos = Math.max(lastVerdictNanos, verdictNanos);
    long nanos = Math.max(0, verdictNanos - intendedNanos);
    long micros = TimeUnit.NANOSECONDS.toMicros(nanos);
    Second second = second(intendedNanos);
    if (second.latency == null) {
      second.latency = new Histogram(DIGITS_IN_SECOND);
    }
    second.latency.recordValue(micros);
    second.prompt |= nanos <= PROMPT_NANOS;
    second(verdictNanos).verdicts++;
    if (intendedNanos - startNanos >= warmUpNanos) {
      measured.recordValue(micros);
    }
    for (Resumption resumption : resumptions) {
      if (intendedNanos > resumption.afterNanos) {
        resumption.verdictNanos = Math.min(resumption.verdictNanos, verdictNanos);
      }
    }
  }

  private Second second(long nanos) {
    int index = (int) Math.max(0, TimeUnit.NANOSECONDS.toSeconds(nanos - startNanos));
    while (seconds.size() <= index) {
      seconds.add(new Second());
    }
    return seconds.get(index);
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

  /** Seconds from the first measured intended time to the last. */
  public synchronized double measuredSeconds() {
    return Math.max(0, lastIntendedNanos - startNanos - warmUpNanos) / 1e9;
  }

  /** Inputs whose verdict has come, warm-up included. */
  public synchronized long answered() {
    return answered;
  }

  /** Returns the time of the first verdict. */
  public synchronized long firstVerdictNanos() {
    return firstVerdictNanos;
  }

  /** Returns the time of the last verdict. */
  public synchronized long lastVerdictNanos() {
    return lastVerdictNanos;
  }

  /**
   * Verdicts per second until the last one.
   *
   * @param leftOut share of the verdicts that the rate leaves out at the beginning, by whole
   *     seconds; with 0 it counts from the first verdict on
   */
  public synchronized double drainRate(double leftOut) {
    if (answered == 0) {
      return 0;
    }
    long before = 0;
    long fromNanos = firstVerdictNanos;
    for (int i = 0; i < seconds.size() && before < answered * leftOut; i++) {
      before += seconds.get(i).verdicts;
      fromNanos = startNanos + TimeUnit.SECONDS.toNanos(i + 1);
    }
    double length = (lastVerdictNanos - fromNanos) / 1e9;
    return length > 0 ? (answered - before) / length : 0;
  }

  /** Waits from now on for the first verdict of an input that is meant to be sent later. */
  public synchronized int watchFor(long afterNanos) {
    resumptions.add(new Resumption(afterNanos));
    return resumptions.size() - 1;
  }

  /** Time of that verdict; {@link Long#MAX_VALUE} if it has not come yet. */
  public synchronized long resumedNanos(int watch) {
    return resumptions.get(watch).verdictNanos;
  }

  /** The distribution after the warm-up, in microseconds. */
  public synchronized Histogram measured() {
    return measured.copy();
  }

  /** The distribution of what was sent in the seconds that the filter admits, warm-up excluded. */
  public synchronized Histogram measured(LongPredicate second) {
    Histogram some = new Histogram(DIGITS_IN_SECOND);
    for (int i = warmUpSeconds(); i < seconds.size(); i++) {
      if (seconds.get(i).latency != null && second.test(i)) {
        some.add(seconds.get(i).latency);
      }
    }
    return some;
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
    long withInput = 0;
    long available = 0;
    for (int i = warmUpSeconds(); i < seconds.size(); i++) {
      if (seconds.get(i).intended > 0 && second.test(i)) {
        withInput++;
        available += seconds.get(i).prompt ? 1 : 0;
      }
    }
    return withInput == 0 ? Double.NaN : (double) available / withInput;
  }

  /**
   * The first second from the given one on at which, and in the two after it, all that was sent has
   * its verdict and the 99th percentile is within the limit; -1 if there is none.
   */
  public synchronized int caughtUpSecond(int from, double p99LimitMs) {
    int holding = 0;
    for (int i = from; i < seconds.size(); i++) {
      Second second = seconds.get(i);
      if (second.intended == 0) {
        continue;
      }
      boolean holds =
          second.latency != null
              && second.latency.getTotalCount() >= second.intended
              && second.latency.getValueAtPercentile(99) <= p99LimitMs * 1000;
      holding = holds ? holding + 1 : 0;
      if (holding == 3) {
        return i - 2;
      }
    }
    return -1;
  }

  /** Latencies of the last second that most likely has all its verdicts, for a progress line. */
  public synchronized Histogram recent(long nowNanos) {
    int index = secondOf(nowNanos) - 2;
    return index < 0 || index >= seconds.size() || seconds.get(index).latency == null
        ? new Histogram(DIGITS_IN_SECOND)
        : seconds.get(index).latency.copy();
  }

  /** The latency as the result has it. */
  public synchronized Latency latency() {
    List<Latency.Interval> series = new ArrayList<>();
    for (int i = 0; i < seconds.size(); i++) {
      Histogram latency = seconds.get(i).latency;
      if (latency != null) {
        series.add(
            new Latency.Interval(
                i - warmUpSecondsExact(),
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
    return series(seconds.stream().mapToLong(second -> second.verdicts).toArray());
  }

  /** Inputs acknowledged in each second. */
  public synchronized List<Point> acknowledgedSeries() {
    return series(seconds.stream().mapToLong(second -> second.acknowledged).toArray());
  }

  /** Inputs acknowledged whose verdict had not come, at the end of each second. */
  public synchronized List<Point> backlogSeries() {
    long[] backlog = new long[seconds.size()];
    long sum = 0;
    for (int i = 0; i < backlog.length; i++) {
      sum += seconds.get(i).acknowledged - seconds.get(i).verdicts;
      backlog[i] = Math.max(0, sum);
    }
    return series(backlog);
  }

  private List<Point> series(long[] values) {
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < values.length; i++) {
      points.add(new Point(i - warmUpSecondsExact(), values[i]));
    }
    return points;
  }

  /** Mean per second of the whole seconds from the end of the warm-up to the last intended time. */
  public synchronized double meanOverMeasured(List<Point> series) {
    // The last input of a second is meant to be sent a little before its end.
    double end = measuredSeconds() + 0.05;
    double[] inside =
        series.stream()
            .filter(point -> point.x() >= 0 && point.x() + 1 <= end)
            .mapToDouble(Point::y)
            .toArray();
    return inside.length == 0 ? 0 : Arrays.stream(inside).sum() / inside.length;
  }

  private int warmUpSeconds() {
    return (int) Math.ceil(warmUpSecondsExact());
  }

  private double warmUpSecondsExact() {
    return warmUpNanos / 1e9;
  }
}
