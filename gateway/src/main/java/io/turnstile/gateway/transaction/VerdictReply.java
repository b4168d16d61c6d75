package io.turnstile.gateway.transaction;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Outcome;
import io.turnstile.events.PriorAcceptance;
import io.turnstile.events.Rejected;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.events.VerdictCodec;
import io.turnstile.events.VerdictHeaders;
import io.turnstile.gateway.http.Problem;
import io.turnstile.gateway.http.Reply;
import io.turnstile.gateway.stream.CommittedVerdict;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;

/**
 * Makes the answer of a verdict.
 *
 * <p>The answer of an acceptance holds nothing but what every later duplicate can tell, too: the
 * transaction's own fields, which are the same in all inputs of the same content, and what {@code
 * DUPLICATE_ID} names of the acceptance. So a retry gets the same bytes from any instance.
 */
final class VerdictReply {

  private static final JsonFactory JSON = new JsonFactory();

  /** Where something is missing for a while: the product's topic, a token's time. */
  private static final Duration SOON = Duration.ofSeconds(5);

  private static final Duration PENDING = Duration.ofSeconds(1);

  private VerdictReply() {}

  /**
   * The answer.
   *
   * @param transaction as the input has it
   */
  static Reply of(Transaction transaction, CommittedVerdict verdict) {
    byte[] value = verdict.record().value();
    if (verdict.outcome() == Outcome.ACCEPTED) {
      VerdictCodec.Acceptance acceptance = VerdictCodec.decodeAcceptance(value);
      return accepted(
          transaction,
          new PriorAcceptance(
              verdict.input().partition(),
              verdict.input().offset(),
              acceptance.receivedAt(),
              acceptance.decidedAt()));
    }
    if (verdict.outcome() == Outcome.DEAD_LETTER) {
      return deadLetter(
          VerdictHeaders.optional(verdict.record().headers(), VerdictHeaders.ERROR_CODE));
    }
    Rejected rejected = VerdictCodec.decodeRejected(value);
    return rejected.acceptance() == null
        ? rejected(rejected, verdict.input())
        : accepted(transaction, rejected.acceptance());
  }

  private static Reply deadLetter(String code) {
    // The other ones are of nothing that passed the gateway; somebody may ask for theirs.
    Problem problem =
        DeadLetterCode.REFUSED_BY_DATABASE.name().equals(code)
            ? Problem.of(
                422, code, "The database refuses the verdict.", "It was not accepted, and is kept.")
            : Problem.of(
                422, "CONTRACT_VIOLATION", "The input is no transaction.", "It is a dead letter.");
    return problem.with("reason", String.valueOf(code)).toReply();
  }

  private static Reply accepted(Transaction transaction, PriorAcceptance acceptance) {
    return Reply.json(
        200,
        json(
            json -> {
              json.writeStringField("outcome", Outcome.ACCEPTED.headerValue());
              json.writeStringField("transaction_id", transaction.transactionId());
              json.writeStringField("customer_id", transaction.customerId());
              json.writeStringField("product_id", transaction.productId());
              json.writeNumberField("quantity", transaction.quantity());
              json.writeNumberField("amount", transaction.amount());
              json.writeStringField("currency", transaction.currency());
              json.writeNumberField("occurred_at", transaction.occurredAt());
              json.writeNumberField("source_partition", acceptance.sourcePartition());
              json.writeNumberField("source_offset", acceptance.sourceOffset());
              json.writeNumberField("received_at", acceptance.receivedAt());
              json.writeNumberField("decided_at", acceptance.decidedAt());
            }));
  }

  private static Reply rejected(Rejected rejected, SourcePosition input) {
    RejectionReason reason = rejected.reason();
    Problem problem =
        problem(reason, rejected.detail())
            .with("transaction_id", rejected.transactionId())
            .with("customer_id", rejected.customerId())
            .with("source_partition", input.partition())
            .with("source_offset", input.offset())
            .with("received_at", rejected.receivedAt())
            .with("decided_at", rejected.decidedAt());
    return status(reason) == 503 ? problem.toReply(SOON) : problem.toReply();
  }

  /** The problem that a reason is, as far as no input is needed to know it. */
  static Problem problem(RejectionReason reason, String detail) {
    Problem problem =
        Problem.of(status(reason), reason.name(), title(reason), detail)
            .with("reason", reason.name())
            .with("retryable", reason.retryable());
    return status(reason) == 401
        ? problem.withHeader("WWW-Authenticate", "Bearer error=\"invalid_token\"")
        : problem;
  }

  /** The status of a rejection. */
  static int status(RejectionReason reason) {
    return switch (reason) {
      case TOKEN_EXPIRED, TOKEN_NOT_YET_VALID, TOKEN_INVALID, TOKEN_SUBJECT_MISMATCH -> 401;
      case UNKNOWN_PRODUCT, UNKNOWN_CUSTOMER, UNKNOWN_REFERENCE -> 404;
      case DUPLICATE_ID, ID_CONFLICT, DUPLICATE_CONTENT -> 409;
      case REFERENCE_UNAVAILABLE -> 503;
    };
  }

  private static String title(RejectionReason reason) {
    return switch (reason) {
      case TOKEN_EXPIRED -> "The token has expired.";
      case TOKEN_NOT_YET_VALID -> "The token is not valid yet.";
      case TOKEN_INVALID -> "The token is not valid.";
      case TOKEN_SUBJECT_MISMATCH -> "The token belongs to another customer.";
      case UNKNOWN_PRODUCT -> "There is no such product.";
      case UNKNOWN_CUSTOMER -> "There is no such customer.";
      case UNKNOWN_REFERENCE -> "Something that must be known of product or customer is missing.";
      case DUPLICATE_ID -> "A transaction with this id is accepted already.";
      case ID_CONFLICT -> "A transaction with this id and other content is accepted already.";
      case DUPLICATE_CONTENT -> "The same content is accepted under another id already.";
      case REFERENCE_UNAVAILABLE -> "The products or customers cannot be looked up now.";
    };
  }

  /** The answer while there is no verdict: where to ask for it. */
  static Reply pending(SourcePosition input) {
    return Reply.json(
            202,
            json(
                json -> {
                  json.writeStringField("outcome", "pending");
                  json.writeNumberField("source_partition", input.partition());
                  json.writeNumberField("source_offset", input.offset());
                }))
        .with("Location", "/v1/verdicts/" + input.partition() + "/" + input.offset())
        .retryAfter(PENDING);
  }

  private interface Content {
    void writeTo(JsonGenerator json) throws IOException;
  }

  private static byte[] json(Content content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      content.writeTo(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return bytes.toByteArray();
  }
}
