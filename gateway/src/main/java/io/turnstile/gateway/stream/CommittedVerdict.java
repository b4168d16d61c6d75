package io.turnstile.gateway.stream;

import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.VerdictHeaders;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A committed verdict.
 *
 * @param input the position of the input that it is about
 * @param outcome its kind
 * @param record as read; not to be changed
 */
public record CommittedVerdict(
    SourcePosition input, Outcome outcome, ConsumerRecord<byte[], byte[]> record) {

  /**
   * Reads the headers of a record of a verdict topic.
   *
   * @throws IllegalArgumentException if it is no verdict
   */
  public static CommittedVerdict of(ConsumerRecord<byte[], byte[]> record) {
    return new CommittedVerdict(
        VerdictHeaders.position(record.headers()),
        Outcome.ofHeaderValue(VerdictHeaders.required(record.headers(), VerdictHeaders.OUTCOME)),
        record);
  }

  /** The input's key, which is the customer's id in all that the gateway sends; null if none. */
  String customerId() {
    return record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8);
  }
}
