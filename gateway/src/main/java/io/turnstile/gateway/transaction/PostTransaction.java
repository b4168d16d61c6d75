package io.turnstile.gateway.transaction;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.turnstile.decision.token.TokenCheck;
import io.turnstile.decision.token.TokenResult;
import io.turnstile.events.CarriedFields;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.gateway.http.Problem;
import io.turnstile.gateway.http.Reply;
import io.turnstile.gateway.http.Request;
import io.turnstile.gateway.http.Route;
import io.turnstile.gateway.stream.Appender;
import io.turnstile.gateway.stream.CommittedVerdict;
import io.turnstile.gateway.stream.GuardedAppender;
import io.turnstile.gateway.stream.NotSentException;
import io.turnstile.gateway.stream.PendingVerdicts;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Appends a transaction and answers with the committed verdict of its position. It judges the
 * request's form and rate only; what it appends is judged by the job alone, the token too. One per
 * event loop, used on that loop only.
 */
public final class PostTransaction implements Route.Handler {

  private static final Logger LOG = LoggerFactory.getLogger(PostTransaction.class);

  private static final String TRACE_PARENT = "traceparent";

  /** Trace Context of the W3C; what is longer, of versions to come, is not passed on. */
  private static final Pattern TRACE_PARENT_FORM =
      Pattern.compile("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");

  private static final Duration SOON = Duration.ofSeconds(1);

  private final Vertx vertx;
  private final String topic;
  private final CarriedFields carried;
  private final Duration timeout;
  private final Appender appender;
  private final PendingVerdicts verdicts;
  private final CustomerLimits limits;
  private final TokenCheck tokens;
  private final Clock clock;
  private final Timer appended;

  /** What was appended, and its verdict to come. */
  private record Sent(SourcePosition position, CompletableFuture<CommittedVerdict> verdict) {}

  /**
   * @param topic of transactions
   * @param carried fields that are passed on beside the contract's
   * @param timeout when the answer is 202 at the latest
   * @param tokens of this event loop
   */
  public PostTransaction(
      Vertx vertx,
      String topic,
      CarriedFields carried,
      Duration timeout,
      Appender appender,
      PendingVerdicts verdicts,
      CustomerLimits limits,
      TokenCheck tokens,
      Clock clock,
      MeterRegistry metrics) {
    this.vertx = vertx;
    this.topic = topic;
    this.carried = carried;
    this.timeout = timeout;
    this.appender = appender;
    this.verdicts = verdicts;
    this.limits = limits;
    this.tokens = tokens;
    this.clock = clock;
    this.appended =
        Timer.builder("turnstile.gateway.append")
            .description("From the send of a transaction to Kafka's acknowledgement")
            .serviceLevelObjectives(
                Duration.ofMillis(2),
                Duration.ofMillis(5),
                Duration.ofMillis(10),
                Duration.ofMillis(25),
                Duration.ofMillis(100),
                Duration.ofSeconds(1))
            .register(metrics);
  }

  @Override
  public Future<Reply> handle(Request request) {
    long begun = System.nanoTime();
    Transaction transaction = TransactionRequest.read(request);
    byte[] value =
        TransactionCodec.encode(
            transaction, TransactionRequest.extra(request, transaction, carried));
    String customer = provenCustomer(transaction);
    Duration wait = customer == null ? limits.takeUnproven() : limits.take(customer);
    if (wait.toNanos() > 0) {
      return Future.succeededFuture(limited(wait));
    }
    if (!limits.enter(customer)) {
      return Future.succeededFuture(limited(SOON));
    }
    CompletableFuture<Sent> sent = send(transaction, value, request);
    return Future.fromCompletionStage(sent, vertx.getOrCreateContext())
        .compose(
            done -> answer(transaction, done, begun),
            failure -> Future.succeededFuture(notAppended(failure)))
        .onComplete(done -> limits.leave(customer));
  }

  /**
   * A token is looked at to know whose request it is, for the limits; the job judges it. Null if it
   * proves nobody.
   */
  private String provenCustomer(Transaction transaction) {
    return tokens.ask(transaction.token(), transaction.customerId(), clock.millis())
            == TokenResult.NoFault.PASSED
        ? transaction.customerId()
        : null;
  }

  private static Reply limited(Duration wait) {
    return Problem.of(
            429,
            "RATE_LIMITED",
            "There are too many requests of this customer.",
            "Nothing was done. Send it again with the same id, later.")
        .toReply(wait);
  }

  private CompletableFuture<Sent> send(Transaction transaction, byte[] value, Request request) {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(
            topic, transaction.customerId().getBytes(StandardCharsets.UTF_8), value);
    String trace = request.headers().get(TRACE_PARENT);
    if (trace != null && TRACE_PARENT_FORM.matcher(trace).matches()) {
      record.headers().add(TRACE_PARENT, trace.getBytes(StandardCharsets.US_ASCII));
    }
    long begun = System.nanoTime();
    PendingVerdicts.Ticket ticket = verdicts.sending(transaction.customerId());
    return appender
        .append(record)
        .handle(
            (position, failure) -> {
              if (failure != null) {
                ticket.failed();
                throw new CompletionException(failure);
              }
              appended.record(System.nanoTime() - begun, TimeUnit.NANOSECONDS);
              return new Sent(position, ticket.sent(position));
            });
  }

  private Future<Reply> answer(Transaction transaction, Sent sent, long begun) {
    long left = Math.max(1, timeout.minusNanos(System.nanoTime() - begun).toMillis());
    return Future.fromCompletionStage(sent.verdict(), vertx.getOrCreateContext())
        .timeout(left, TimeUnit.MILLISECONDS)
        .map(verdict -> VerdictReply.of(transaction, verdict))
        .recover(
            failure -> {
              if (failure instanceof TimeoutException) {
                verdicts.forget(sent.position());
                return Future.succeededFuture(VerdictReply.pending(sent.position()));
              }
              return Future.failedFuture(failure);
            });
  }

  private static Reply notAppended(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause(); // Each stage that it has passed wraps it.
    }
    if (cause instanceof NotSentException) {
      return Problem.of(
              503,
              "UNAVAILABLE",
              "Kafka is not available.",
              "Nothing was done. Send it again with the same id.")
          .toReply(GuardedAppender.PAUSE);
    }
    LOG.warn("A send to Kafka failed: {}", cause.toString());
    return Problem.of(
            503,
            "OUTCOME_UNKNOWN",
            "It is not known whether the transaction has arrived.",
            "Send it again with the same id: it is accepted once.")
        .toReply(SOON);
  }
}
