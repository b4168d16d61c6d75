package io.turnstile.gateway.transaction;

import io.turnstile.decision.token.TokenCheck;
import io.turnstile.decision.token.TokenFault;
import io.turnstile.decision.token.TokenResult;
import io.turnstile.events.Decoded;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.gateway.http.Problem;
import io.turnstile.gateway.http.ProblemException;
import io.turnstile.gateway.http.Reply;
import io.turnstile.gateway.http.Request;
import io.turnstile.gateway.http.Route;
import io.turnstile.gateway.stream.PastVerdicts;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers with the verdict of an input, to its customer. The answer is the one that the request
 * with this input would have got. One per event loop, used on that loop only.
 */
public final class GetVerdict implements Route.Handler {

  private static final Logger LOG = LoggerFactory.getLogger(GetVerdict.class);

  private static final Pattern PARTITION = Pattern.compile("\\d{1,9}");
  private static final Pattern OFFSET = Pattern.compile("\\d{1,18}");
  private static final Duration SOON = Duration.ofSeconds(1);

  private final Vertx vertx;
  private final PastVerdicts past;
  private final CustomerLimits limits;
  private final TokenCheck tokens;
  private final Clock clock;

  /**
   * @param tokens of this event loop
   */
  public GetVerdict(
      Vertx vertx, PastVerdicts past, CustomerLimits limits, TokenCheck tokens, Clock clock) {
    this.vertx = vertx;
    this.past = past;
    this.limits = limits;
    this.tokens = tokens;
    this.clock = clock;
  }

  @Override
  public Future<Reply> handle(Request request) {
    String token = Bearer.token(request);
    String partition = request.parameters().get("partition");
    String offset = request.parameters().get("offset");
    if (!PARTITION.matcher(partition).matches() || !OFFSET.matcher(offset).matches()) {
      throw notFound();
    }
    // Before Kafka is asked: what is not limited could keep others from asking.
    limit(limits.takeLookup());
    return Future.fromCompletionStage(
            past.input(Integer.parseInt(partition), Long.parseLong(offset)),
            vertx.getOrCreateContext())
        .compose(input -> answer(token, input.orElseThrow(GetVerdict::notFound)))
        .recover(failure -> Future.failedFuture(explained(failure)));
  }

  private Future<Reply> answer(String token, PastVerdicts.Input input) {
    // Of an input that is no transaction nobody is the customer.
    Transaction transaction =
        TransactionCodec.decode(input.value()) instanceof Decoded.Valid<Transaction> valid
            ? valid.record()
            : null;
    if (transaction == null) {
      throw notFound();
    }
    requireCustomer(token, transaction.customerId());
    return Future.fromCompletionStage(past.verdict(input), vertx.getOrCreateContext())
        .map(
            verdict ->
                verdict
                    .map(found -> VerdictReply.of(transaction, found))
                    .orElseGet(() -> VerdictReply.pending(input.position())));
  }

  private void requireCustomer(String token, String customerId) {
    TokenResult result = tokens.ask(token, customerId, clock.millis());
    if (result instanceof TokenFault fault) {
      if (fault.reason() == RejectionReason.TOKEN_SUBJECT_MISMATCH) {
        // As if it were not there: it is not theirs to know.
        throw notFound();
      }
      throw VerdictReply.problem(fault.reason(), fault.detail()).toException();
    }
    if (result == TokenResult.NoFault.KEY_UNKNOWN) {
      throw new ProblemException(
          Problem.of(
                  503,
                  "UNAVAILABLE",
                  "The token cannot be checked now.",
                  "Its key is unknown, and the token keys are being read again.")
              .toReply(SOON));
    }
  }

  private static void limit(Duration wait) {
    if (wait.toNanos() > 0) {
      throw new ProblemException(
          Problem.of(429, "RATE_LIMITED", "There are too many requests.", "Ask again, later.")
              .toReply(wait));
    }
  }

  private static ProblemException notFound() {
    return Problem.of(
            404,
            "NOT_FOUND",
            "There is no such transaction of this customer.",
            "It was never there, or is not kept any more.")
        .toException();
  }

  private static Throwable explained(Throwable failure) {
    if (failure instanceof ProblemException) {
      return failure;
    }
    if (failure instanceof RejectedExecutionException) {
      return unavailable("Too many ask for verdicts of the past.");
    }
    if (failure instanceof TimeoutException) {
      return unavailable("It lies too far back to be found. Send the transaction again instead.");
    }
    LOG.warn("A verdict could not be looked for: {}", failure.toString());
    return unavailable("Kafka does not answer.");
  }

  private static ProblemException unavailable(String detail) {
    return new ProblemException(
        Problem.of(503, "UNAVAILABLE", "The verdict cannot be looked for now.", detail)
            .toReply(SOON));
  }
}
