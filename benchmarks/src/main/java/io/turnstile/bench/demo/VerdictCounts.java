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

/** Counts verdicts by code, times them, and tells another listener everything. Thread-safe. */
final class VerdictCounts implements VerdictListener {

  private final ConcurrentMap<String, LongAdder> verdicts = new ConcurrentHashMap<>();
  private final Recorder latency = new Recorder(2);
  private final VerdictListener next;

  VerdictCounts(VerdictListener next) {
    this.next = next;
  }

  /** Returns the verdicts by code, in the terms of a ledger. */
  SortedMap<String, Long> byCode() {
    SortedMap<String, Long> counts = new TreeMap<>();
    verdicts.forEach((code, count) -> counts.put(code, count.sum()));
    return counts;
  }

  /** Returns the latencies, in microseconds, since this was last asked. For one thread. */
  Histogram takeLatencies() {
    return latency.getIntervalHistogram();
  }

  @Override
  public void sent(long intendedNanos, long nowNanos) {
    next.sent(intendedNanos, nowNanos);
  }

  @Override
  public void joined(long intendedNanos, long verdictNanos) {
    latency.recordValue(Math.max(0, TimeUnit.NANOSECONDS.toMicros(verdictNanos - intendedNanos)));
    next.joined(intendedNanos, verdictNanos);
  }

  @Override
  public void verdict(ConsumerRecord<ByteBuffer, ByteBuffer> verdict) {
    String code = VerdictCode.of(verdict.headers(), () -> bytes(verdict.value()));
    verdicts.computeIfAbsent(code, key -> new LongAdder()).increment();
    next.verdict(verdict);
  }

  private static byte[] bytes(ByteBuffer value) {
    byte[] bytes = new byte[value.remaining()];
    value.duplicate().get(bytes);
    return bytes;
  }
}
