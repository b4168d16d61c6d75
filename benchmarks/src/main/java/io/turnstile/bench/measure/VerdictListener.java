package io.turnstile.bench.measure;

import java.nio.ByteBuffer;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Hears what a {@link VerdictProbe} finds out, from several threads. */
public interface VerdictListener {

  /**
   * A transaction was acknowledged.
   *
   * @param intendedNanos when it was meant to be sent
   */
  void sent(long intendedNanos, long nowNanos);

  /**
   * A transaction is known to be acknowledged, and its verdict has come.
   *
   * @param intendedNanos when it was meant to be sent
   * @param verdictNanos when the poll that gave its verdict returned
   */
  void joined(long intendedNanos, long verdictNanos);

  /** A committed verdict came, of whatever transaction; its buffers are the probe's. */
  default void verdict(ConsumerRecord<ByteBuffer, ByteBuffer> verdict) {}
}
