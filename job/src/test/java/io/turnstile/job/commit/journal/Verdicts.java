package io.turnstile.job.commit.journal;

import io.turnstile.events.Accepted;
import io.turnstile.events.ContentHash;
import io.turnstile.events.Outcome;
import io.turnstile.events.Rejected;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.events.VerdictCodec;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.harness.Samples;
import io.turnstile.job.read.RoutingKey;
import java.nio.charset.StandardCharsets;

/** Verdicts for a lane, one input offset each. */
public final class Verdicts {

  static final String SOURCE = Samples.TOPIC;

  private Verdicts() {}

  public static SourcePosition source(long offset) {
    return new SourcePosition(SOURCE, 0, offset);
  }

  /** A customer whose inputs are routed to a lane. */
  public static String customerIn(int lane, int lanes) {
    int number = 0;
    while (RoutingKey.lane("customer-" + number, lanes) != lane) {
      number++;
    }
    return "customer-" + number;
  }

  public static Verdict accepted(int lane, int lanes, long offset) {
    String customer = customerIn(lane, lanes);
    Transaction transaction = Samples.transaction(customer, "id-" + offset, "product", offset);
    return verdict(
        lane,
        offset,
        Outcome.ACCEPTED,
        VerdictCodec.encode(
            new Accepted(
                transaction,
                Samples.product("product", 1),
                null,
                ContentHash.of(transaction),
                offset,
                offset)));
  }

  public static Verdict rejected(int lane, long offset) {
    return verdict(
        lane,
        offset,
        Outcome.REJECTED,
        VerdictCodec.encode(
            new Rejected(
                "id-" + offset,
                "customer",
                RejectionReason.TOKEN_EXPIRED,
                "detail",
                offset,
                offset)));
  }

  public static Verdict deadLetter(int lane, long offset, byte[] value) {
    return new Verdict(
        lane,
        source(offset),
        Outcome.DEAD_LETTER,
        offset,
        "key".getBytes(StandardCharsets.UTF_8),
        value,
        "TOO_LARGE",
        "too large");
  }

  private static Verdict verdict(int lane, long offset, Outcome outcome, byte[] value) {
    return new Verdict(
        lane,
        source(offset),
        outcome,
        offset,
        "key".getBytes(StandardCharsets.UTF_8),
        value,
        null,
        null);
  }
}
