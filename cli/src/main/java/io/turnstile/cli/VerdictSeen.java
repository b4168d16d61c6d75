package io.turnstile.cli;

import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.VerdictCodec;
import io.turnstile.events.VerdictHeaders;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A committed verdict as a reader of the verdict topics sees it.
 *
 * @param code in the terms of a ledger: {@code ACCEPTED}, the reason of a rejection or the code of
 *     a dead letter
 */
record VerdictSeen(SourcePosition position, Outcome outcome, String code) {

  /**
   * Reads a record of a verdict topic.
   *
   * @throws IllegalArgumentException if it is no verdict
   */
  static VerdictSeen of(ConsumerRecord<byte[], byte[]> record) {
    Outcome outcome =
        Outcome.ofHeaderValue(VerdictHeaders.required(record.headers(), VerdictHeaders.OUTCOME));
    String code =
        switch (outcome) {
          case ACCEPTED -> "ACCEPTED";
          case REJECTED -> VerdictCodec.decodeRejected(record.value()).reason().name();
          case DEAD_LETTER -> VerdictHeaders.required(record.headers(), VerdictHeaders.ERROR_CODE);
        };
    return new VerdictSeen(VerdictHeaders.position(record.headers()), outcome, code);
  }
}
