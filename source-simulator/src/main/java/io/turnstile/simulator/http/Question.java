package io.turnstile.simulator.http;

import io.turnstile.events.Transaction;
import io.turnstile.simulator.Shape;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/**
 * A transaction to ask a gateway about.
 *
 * @param body of the request, the same at every attempt
 * @param token asked for at every attempt
 * @param intendedNanos when it is meant to be asked, as of {@link System#nanoTime()}
 */
public record Question(
    String customerId,
    String transactionId,
    String body,
    Supplier<String> token,
    long intendedNanos) {

  /** The question of a transaction, written in that way; its token is not in the body. */
  public static Question of(
      Transaction transaction, Shape shape, Supplier<String> token, long intendedNanos) {
    byte[] body = shape.encode(transaction.withToken(""));
    return new Question(
        transaction.customerId(),
        transaction.transactionId(),
        body == null ? "" : new String(body, StandardCharsets.UTF_8),
        token,
        intendedNanos);
  }
}
