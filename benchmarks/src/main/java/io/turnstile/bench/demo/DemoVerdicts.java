package io.turnstile.bench.demo;

import io.turnstile.bench.measure.VerdictListener;
import io.turnstile.clients.VerdictCode;
import java.nio.ByteBuffer;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** What the verdicts of a demo are and how long they took. Thread-safe. */
final class DemoVerdicts implements VerdictListener {

  /** Latencies in microseconds, to 1 %. */
  private static final int DIGITS = 2;

  private final Recorder latency = new Recorder(DIGITS);
  private final ConcurrentMap<String, LongAdder> verdictsByCode = new ConcurrentHashMap<>();
  private volatile long killedNanos = Long.MAX_VALUE;
  private volatile long firstAfterKillNanos = Long.MAX_VALUE;

  /** From now on, the first verdict of a transaction that is sent later is looked out for. */
  void killed(long nanos) {
    killedNanos = nanos;
  }

  /** When that verdict came, {@link Long#MAX_VALUE} if it did not yet. */
  long firstAfterKillNanos() {
    return firstAfterKillNanos;
  }

  /** Verdicts by code, in the terms of a ledger. */
  SortedMap<String, Long> byCode() {
    SortedMap<String, Long> counts = new TreeMap<>();
    verdictsByCode.forEach((code, count) -> counts.put(code, count.sum()));
    return counts;
  }

  /** The latencies, in microseconds, since this was last asked. For one thread. */
  Histogram takeLatencies() {
    return latency.getIntervalHistogram();
  }

  @Override
  public void sent(long intendedNanos, long nowNanos) {}

  @Override
  public void joined(long intendedNanos, long verdictNanos) {
    latency.recordValue(Math.max(0, TimeUnit.NANOSECONDS.toMicros(verdictNanos - intendedNanos)));
    if (intendedNanos > killedNanos && firstAfterKillNanos == Long.MAX_VALUE) {
      firstAfterKillNanos = verdictNanos;
    }
  }

  @Override
  public void verdict(ConsumerRecord<ByteBuffer, ByteBuffer> verdict) {
    String code = VerdictCode.of(verdict.headers(), () -> bytes(verdict.value()));
    verdictsByCode.computeIfAbsent(code, key -> new LongAdder()).increment();
  }

  private static byte[] bytes(ByteBuffer value) {
    byte[] bytes = new byte[value.remaining()];
    value.duplicate().get(bytes);
    return bytes;
  }
}
