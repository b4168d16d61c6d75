package io.turnstile.systemtests.gateway;

import io.turnstile.clients.Await;
import io.turnstile.events.Transaction;
import io.turnstile.simulator.Shape;
import io.turnstile.simulator.TokenIssuer;
import io.turnstile.simulator.TokenKind;
import io.turnstile.simulator.http.AnswerLedger;
import io.turnstile.simulator.http.GatewayClient;
import io.turnstile.simulator.http.Question;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The program of a {@link ClientProcess}: asks gateways one question after the other, and each
 * again until it has its answer. With the ledger of an earlier process it goes on where that was.
 * Once its input ends, it asks nothing new, and ends when all is answered.
 *
 * <p>All clients ask the same questions in the same order: most of them are asked twice, by two
 * clients, at about the same time.
 */
final class SteadyClient {

  private static final Duration PAUSE = Duration.ofMillis(20);
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final int CONNECTIONS = 32;
  private static final int CUSTOMERS = 50;

  /** Of so many questions, one each is wrong in one of three ways. */
  private static final int CYCLE = 20;

  private static final int CONFLICT = 7;
  private static final int FORGED = 13;
  private static final int NO_TRANSACTION = 17;

  private SteadyClient() {}

  /** Takes the signing key, the ledger, and the gateways' addresses. */
  public static void main(String[] args) throws Exception {
    TokenIssuer tokens = TokenIssuer.load(Path.of(args[0]));
    List<URI> gateways = Arrays.stream(args).skip(2).map(URI::create).toList();
    CompletableFuture<Void> end = CompletableFuture.runAsync(SteadyClient::awaitEndOfInput);
    AtomicLong open = new AtomicLong();
    try (AnswerLedger ledger = new AnswerLedger(Path.of(args[1]), true);
        GatewayClient client = GatewayClient.of(gateways, CONNECTIONS, ledger)) {
      long next = ledger.questions();
      open.addAndGet(
          client.askAgain(
              customer -> tokens.token(TokenKind.VALID, customer),
              answer -> open.decrementAndGet()));
      while (!isDoneWithin(PAUSE, end)) {
        client.requireWorking();
        open.incrementAndGet();
        client.ask(question(next, tokens), answer -> open.decrementAndGet());
        next++;
      }
      Await.until(
          PATIENCE,
          () -> open.get() == 0,
          () -> new IllegalStateException(open + " questions have no answer"));
    }
  }

  private static void awaitEndOfInput() {
    try {
      while (System.in.read() >= 0) {
        // Nothing is said there.
      }
    } catch (IOException e) {
      // Whoever started it is gone.
    }
  }

  private static boolean isDoneWithin(Duration pause, CompletableFuture<Void> future)
      throws Exception {
    try {
      future.get(pause.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    }
  }

  /** The same for the same number. */
  private static Question question(long number, TokenIssuer tokens) {
    int kind = (int) (number % CYCLE);
    // The id of the one before, with other content.
    long id = kind == CONFLICT ? number - 1 : number;
    String customer = "c-" + id % CUSTOMERS;
    TokenKind token = kind == FORGED ? TokenKind.FORGED : TokenKind.VALID;
    return Question.of(
        new Transaction("t-" + id, customer, "p-1", 1, number + 1, "EUR", 1, ""),
        kind == NO_TRANSACTION ? Shape.MISSING_FIELD : Shape.PLAIN,
        () -> tokens.token(token, customer),
        System.nanoTime());
  }
}
