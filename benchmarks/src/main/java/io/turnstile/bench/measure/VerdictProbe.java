package io.turnstile.bench.measure;

import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.VerdictHeaders;
import io.turnstile.simulator.SimulationListener;
import java.nio.ByteBuffer;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;

/**
 * Reads the committed verdicts of the transactions that this JVM sends, and times them by the
 * return of the poll that gave them. Reads nothing but their headers, and checks no CRC: the audit
 * reads everything again. Thread-safe.
 *
 * <p>A send's acknowledgement and its verdict are joined on the source position, whichever comes
 * first.
 */
public final class VerdictProbe implements SimulationListener, AutoCloseable {

  private final CommittedVerdicts<ByteBuffer> verdicts;
  private final PositionJoin join =
      new PositionJoin((intended, verdict) -> this.listener.joined(intended, verdict));
  private volatile VerdictListener listener;

  /**
   * Starts to read.
   *
   * @param client Kafka client properties, the brokers among them
   * @param fromNowOn true to leave out the verdicts that are there already
   * @param listener hears what is sent and decided until {@link #tell} names another
   */
  public VerdictProbe(
      Map<String, Object> client, TopicNames topics, boolean fromNowOn, VerdictListener listener) {
    this.listener = listener;
    verdicts = CommittedVerdicts.unchecked(client, topics.verdicts());
    if (fromNowOn) {
      verdicts.seekToEnd();
    } else {
      verdicts.seekToBeginning();
    }
    verdicts.start("verdict-probe", this::take);
  }

  /** From now on, another listener hears what is sent and decided. */
  public void tell(VerdictListener next) {
    listener = next;
  }

  @Override
  public void onSent(long seq, long intendedNanos, SourcePosition position) {
    listener.sent(intendedNanos, System.nanoTime());
    join.sent(position.partition(), position.offset(), intendedNanos);
  }

  /** Transactions acknowledged. */
  public long sent() {
    return join.sent();
  }

  /** Transactions acknowledged whose verdict has come. */
  public long answered() {
    return join.joined();
  }

  /**
   * Fails if the verdicts cannot be read any more.
   *
   * @throws RuntimeException the reason
   */
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
