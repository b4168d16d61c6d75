package io.turnstile.clients;

import io.turnstile.events.LedgerEntry;
import io.turnstile.events.Outcome;
import io.turnstile.events.VerdictCodec;
import io.turnstile.events.VerdictHeaders;
import java.util.function.Supplier;
import org.apache.kafka.common.header.Headers;

/** Code of a verdict, in the terms of a ledger. */
public final class VerdictCode {

  private VerdictCode() {}

  /**
   * {@code ACCEPTED}, the reason of a rejection or the code of a dead letter.
   *
   * @param value asked for only where the headers do not say it
   * @throws IllegalArgumentException if it is no verdict
   */
  public static String of(Headers headers, Supplier<byte[]> value) {
    Outcome outcome =
        Outcome.ofHeaderValue(VerdictHeaders.required(headers, VerdictHeaders.OUTCOME));
    return switch (outcome) {
      case ACCEPTED -> LedgerEntry.ACCEPTED;
      case REJECTED -> VerdictCodec.decodeRejected(value.get()).reason().name();
      case DEAD_LETTER -> VerdictHeaders.required(headers, VerdictHeaders.ERROR_CODE);
    };
  }
}
