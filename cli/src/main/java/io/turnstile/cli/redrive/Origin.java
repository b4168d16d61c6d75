package io.turnstile.cli.redrive;

import io.turnstile.events.InputHeaders;
import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.VerdictHeaders;
import java.time.Instant;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * An input that is to be sent anew, byte for byte.
 *
 * @param position where it was
 * @param outcome that it had
 * @param code of its verdict: a reason or a dead letter's code
 * @param received when it was received; null for one that could not be read
 * @param key may be null
 * @param value may be null
 * @param headers its own
 */
// The arrays are never written to.
@SuppressWarnings("ArrayRecordComponent")
record Origin(
    SourcePosition position,
    Outcome outcome,
    String code,
    Instant received,
    byte[] key,
    byte[] value,
    Headers headers) {

  /**
   * When it was received, or the first of those that it repeats: the same transaction may have been
   * accepted, and forgotten, since then. Null if that is not known.
   */
  Instant firstReceived() {
    Instant first;
    try {
      first = Instant.ofEpochMilli(VerdictHeaders.number(headers, InputHeaders.FIRST_RECEIVED_AT));
    } catch (IllegalArgumentException e) {
      // Sent for the first time, or forged.
      return received;
    }
    return received == null || first.isBefore(received) ? first : received;
  }

  /** The input once more. In the same partition: a customer's transactions stay in one. */
  ProducerRecord<byte[], byte[]> anew() {
    Headers anew = new RecordHeaders(headers);
    anew.remove(InputHeaders.REDRIVE_OF);
    anew.remove(InputHeaders.FIRST_RECEIVED_AT);
    VerdictHeaders.add(anew, InputHeaders.REDRIVE_OF, position.toString());
    Instant first = firstReceived();
    if (first != null) {
      VerdictHeaders.add(anew, InputHeaders.FIRST_RECEIVED_AT, Long.toString(first.toEpochMilli()));
    }
    return new ProducerRecord<>(position.topic(), position.partition(), key, value, anew);
  }
}
