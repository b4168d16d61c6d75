package io.turnstile.bench.measure;

import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.VerdictHeaders;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.SimulationListener;
import java.nio.ByteBuffer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;

/**
 * Reads the committed verdicts of the transactions that this JVM sends, and times them by the
 * return of the poll that gave them. Reads nothing but their headers, and checks no CRC: the audit
 * reads everything again. Thread-safe.
 */
public final class VerdictProbe implements SimulationListener, Probe {

  /** Hears what a probe finds out, from several threads. */
  public interface VerdictListener {

    /** A transaction was acknowledged that was meant to be sent at the intended time. */
    void sent(long intendedNanos, long nowNanos);

    /**
     * A transaction was acknowledged, and the poll that gave its verdict has returned.
     *
     * @param partition of the transaction; 0 for all where it is not known
     */
    void joined(int partition, long intendedNanos, long verdictNanos);

    /** A committed verdict came, of whatever transaction; its buffers are the probe's. */
    default void verdict(ConsumerRecord<ByteBuffer, ByteBuffer> verdict) {}

    /** A gateway answered with a verdict, in the terms of a ledger. */
    default void outcome(String code) {}
  }

  private final CommittedVerdicts<ByteBuffer> verdicts;
  private final PositionJoin join =
      new PositionJoin(
          (partition, intended, verdict) -> this.listener.joined(partition, intended, verdict));
  private volatile VerdictListener listener;

  /**
   * Starts to read.
   *
   * @param fromNowOn true to leave out the verdicts that are there already
   * @param listener hears what is sent and decided until {@link #tell} names another
   */
  public VerdictProbe(KafkaConnection kafka, boolean fromNowOn, VerdictListener listener) {
    this.listener = listener;
    verdicts = kafka.verdictsToMeasure();
    if (fromNowOn) {
      verdicts.seekToEnd();
    } else {
      verdicts.seekToBeginning();
    }
    verdicts.start("verdict-probe", this::take);
  }

  @Override
  public void tell(VerdictListener next) {
    listener = next;
  }

  @Override
  public void onSent(long seq, long intendedNanos, SourcePosition position) {
    listener.sent(intendedNanos, System.nanoTime());
    join.sent(position.partition(), position.offset(), intendedNanos);
  }

  @Override
  public long sent() {
    return join.sent();
  }

  @Override
  public long answered() {
    return join.joined();
  }

  @Override
  public void requireReading() {
    verdicts.requireReading();
  }

  @Override
  public void close() {
    verdicts.close();
  }

  private void take(ConsumerRecord<ByteBuffer, ByteBuffer> verdict, long polledNanos) {
    Headers headers = verdict.headers();
    join.verdict(
        (int) VerdictHeaders.number(headers, VerdictHeaders.SOURCE_PARTITION),
        VerdictHeaders.number(headers, VerdictHeaders.SOURCE_OFFSET),
        polledNanos);
    listener.verdict(verdict);
  }
}
