package io.turnstile.gateway.webhook;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.turnstile.gateway.http.BodyMemory;
import io.turnstile.gateway.http.Problem;
import io.turnstile.gateway.http.ProblemException;
import io.turnstile.gateway.http.Reply;
import io.turnstile.gateway.http.Request;
import io.turnstile.gateway.http.Route;
import io.turnstile.gateway.stream.Appender;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Appends signed reference records. Shared by all event loops. Thread-safe. */
public final class PostReferences implements Route.Handler {

  private static final Logger LOG = LoggerFactory.getLogger(PostReferences.class);

  private static final int MAX_SIGNATURES = 100_000;
  private static final Duration SOON = Duration.ofSeconds(1);

  private final ReferenceKind kind;
  private final String topic;
  private final Signature signature;
  private final SeenSignatures seen;
  private final BodyMemory inFlight;
  private final Appender appender;
  private final Clock clock;
  private final Counter appended;

  /**
   * @param topic that the records are for
   * @param inFlight of the bodies of all webhooks, until their records are in the topic. A batch
   *     that finds no room is refused: its records could fill the producer's buffer, which
   *     transactions need too
   */
  public PostReferences(
      ReferenceKind kind,
      String topic,
      WebhookSettings settings,
      BodyMemory inFlight,
      Appender appender,
      Clock clock,
      MeterRegistry metrics) {
    this.kind = kind;
    this.topic = topic;
    this.signature = new Signature(settings.secrets(), settings.window());
    // One that is used as early as it may be is valid for two windows.
    this.seen = new SeenSignatures(MAX_SIGNATURES, settings.window().multipliedBy(2));
    this.inFlight = inFlight;
    this.appender = appender;
    this.clock = clock;
    this.appended =
        Counter.builder("turnstile.gateway.references")
            .description("Reference records appended by webhooks")
            .tag("topic", topic)
            .register(metrics);
  }

  @Override
  public Future<Reply> handle(Request request) {
    String header = request.header(Signature.HEADER);
    request.requireJson();
    int bytes = request.body().length;
    if (!inFlight.take(bytes)) {
      return Future.failedFuture(
          overloaded(
              "Too many webhooks are on their way.",
              "Nothing was done. Send it again, and fewer at a time."));
    }
    Context loop = Vertx.currentContext();
    // A large batch takes longer than others should wait for.
    return loop.executeBlocking(() -> accept(header, request.body()), false)
        .compose(batch -> append(batch, loop))
        .onComplete(done -> inFlight.release(bytes));
  }

  private static ProblemException overloaded(String title, String detail) {
    return new ProblemException(Problem.of(503, "OVERLOADED", title, detail).toReply(SOON));
  }

  /** A batch whose signature is good and has not been used. */
  private record Batch(String mac, List<ProducerRecord<byte[], byte[]>> records) {}

  private Batch accept(String header, byte[] body) {
    long now = clock.millis();
    String mac = signature.check(header, body, now);
    switch (seen.use(mac, now)) {
      case AGAIN -> throw Signature.invalid("This signature has been used. Sign it anew.");
      case NO_ROOM ->
          throw overloaded(
              "Too many webhooks have come within the window.",
              "Nothing was done. Send larger batches.");
      case FIRST -> {}
    }
    try {
      return new Batch(mac, ReferenceBatch.read(kind, topic, body));
    } catch (RuntimeException e) {
      seen.release(mac);
      throw e;
    }
  }

  private Future<Reply> append(Batch batch, Context loop) {
    CompletableFuture<?>[] sent =
        batch.records().stream().map(appender::append).toArray(CompletableFuture<?>[]::new);
    return Future.fromCompletionStage(CompletableFuture.allOf(sent), loop)
        .map(
            all -> {
              appended.increment(sent.length);
              return Reply.json(
                  200, "{\"records\":%d}".formatted(sent.length).getBytes(StandardCharsets.UTF_8));
            })
        .recover(
            failure -> {
              LOG.warn("A send to Kafka failed: {}", failure.toString());
              // It may be sent once more as it is: each record's version makes that harmless.
              seen.release(batch.mac());
              return Future.succeededFuture(
                  Problem.of(
                          503,
                          "OUTCOME_UNKNOWN",
                          "It is not known which records have arrived.",
                          "Send them again: a record counts once, by its version.")
                      .toReply(SOON));
            });
  }
}
