package io.turnstile.job.commit.journal.postgresql;

import io.turnstile.events.Outcome;
import io.turnstile.events.Rejected;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.VerdictCodec;
import io.turnstile.job.decide.Verdict;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * A verdict as a row of the table, without its number.
 *
 * @param reason null for an acceptance
 * @param transactionId UTF-8; null for a dead letter, as are customer and decision time
 * @param receivedAt epoch milliseconds, as is {@code decidedAt}
 * @param value null for a dead letter of a record without one
 * @param errorMessage UTF-8; of a dead letter, as are key and headers
 * @param inputHeaders JSON; null if there are none
 */
@SuppressWarnings("ArrayRecordComponent")
public record VerdictRow(
    SourcePosition source,
    Outcome outcome,
    String reason,
    byte[] transactionId,
    byte[] customerId,
    long receivedAt,
    Long decidedAt,
    byte[] value,
    byte[] errorMessage,
    byte[] inputKey,
    byte[] inputHeaders) {

  /** The end of the year 9999: a trusted producer may give any time, and the column has an end. */
  private static final long MAX_MILLIS = 253_402_300_799_999L;

  /** The time of the decision; 0 for a dead letter. */
  long decidedMillis() {
    return decidedAt == null ? 0 : decidedAt;
  }

  /** The row of a verdict. */
  public static VerdictRow of(Verdict verdict) {
    return switch (verdict.outcome()) {
      case ACCEPTED -> {
        VerdictCodec.Acceptance accepted = VerdictCodec.decodeAcceptance(verdict.value());
        yield decided(verdict, null, accepted.transactionId(), accepted.decidedAt());
      }
      case REJECTED -> {
        Rejected rejected = VerdictCodec.decodeRejected(verdict.value());
        yield decided(
            verdict, rejected.reason().name(), rejected.transactionId(), rejected.decidedAt());
      }
      case DEAD_LETTER ->
          new VerdictRow(
              verdict.position(),
              verdict.outcome(),
              verdict.errorCode(),
              null,
              null,
              Math.min(verdict.receivedAt(), MAX_MILLIS),
              null,
              verdict.value(),
              utf8(verdict.errorMessage()),
              verdict.key(),
              utf8(json(verdict.inputHeaders())));
    };
  }

  private static VerdictRow decided(
      Verdict verdict, String reason, String transactionId, long decidedAt) {
    return new VerdictRow(
        verdict.position(),
        verdict.outcome(),
        reason,
        utf8(transactionId),
        // Verdicts are keyed by it.
        verdict.key(),
        Math.min(verdict.receivedAt(), MAX_MILLIS),
        decidedAt,
        verdict.value(),
        null,
        null,
        null);
  }

  private static byte[] utf8(String text) {
    return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
  }

  /** Names may hold anything, so they are escaped; base64 needs no escaping. */
  private static String json(Headers headers) {
    StringBuilder json = new StringBuilder();
    for (Header header : headers) {
      json.append(json.isEmpty() ? '[' : ',').append('"');
      header.key().chars().forEach(unit -> json.append(escaped((char) unit)));
      json.append("\",");
      if (header.value() == null) {
        json.append("null");
      } else {
        json.append('"').append(Base64.getEncoder().encodeToString(header.value())).append('"');
      }
    }
    return json.isEmpty() ? null : json.append(']').toString();
  }

  private static String escaped(char unit) {
    boolean plain = unit >= ' ' && unit < 0x7f && unit != '"' && unit != '\\';
    return plain ? String.valueOf(unit) : "\\u%04x".formatted((int) unit);
  }
}
