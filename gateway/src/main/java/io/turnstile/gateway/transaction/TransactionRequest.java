package io.turnstile.gateway.transaction;

import io.turnstile.events.CarriedFields;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Decoded;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.gateway.http.Problem;
import io.turnstile.gateway.http.ProblemException;
import io.turnstile.gateway.http.Request;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a transaction out of a request: the token from {@code Authorization}, the id from the body
 * or from {@code Idempotency-Key}, the rest from the body. The contract is that of {@code events}.
 */
final class TransactionRequest {

  private static final String KEY = "Idempotency-Key";

  /** A string of RFC 8941, or its content without the quotation marks; visible ASCII both. */
  private static final Pattern KEY_FORM =
      Pattern.compile("\"((?:[ !#-\\[\\]-~]|\\\\[\"\\\\])+)\"|([!#-~]+)");

  private TransactionRequest() {}

  /**
   * The transaction.
   *
   * @throws ProblemException if there is none
   */
  static Transaction read(Request request) {
    String token = Bearer.token(request);
    request.requireJson();
    String key = idempotencyKey(request);
    Decoded<Transaction> decoded = TransactionCodec.decode(request.body(), key, token);
    if (decoded instanceof Decoded.Invalid<Transaction> invalid) {
      throw contractViolation(invalid.message(), invalid.code());
    }
    Transaction transaction = ((Decoded.Valid<Transaction>) decoded).record();
    if (key != null && !key.equals(transaction.transactionId())) {
      throw contractViolation(KEY + " and transaction_id differ", DeadLetterCode.SCHEMA_VIOLATION);
    }
    return transaction;
  }

  /**
   * The fields of a transaction that are passed on beside the contract's.
   *
   * @return a JSON object; null if none are carried
   * @throws ProblemException if a verdict could not repeat them
   */
  static String extra(Request request, Transaction transaction, CarriedFields carried) {
    if (carried.isEmpty()) {
      return null;
    }
    Decoded<String> decoded = carried.of(request.body(), transaction.customerId());
    if (decoded instanceof Decoded.Invalid<String> invalid) {
      throw contractViolation(invalid.message(), invalid.code());
    }
    return ((Decoded.Valid<String>) decoded).record();
  }

  private static String idempotencyKey(Request request) {
    String header = request.header(KEY);
    if (header == null) {
      return null;
    }
    Matcher matcher = KEY_FORM.matcher(header.strip());
    if (!matcher.matches()) {
      throw Problem.malformedRequest(
              "The header " + KEY + " is not a string of visible ASCII characters.")
          .toException();
    }
    String quoted = matcher.group(1);
    return quoted == null ? matcher.group(2) : quoted.replaceAll("\\\\(.)", "$1");
  }

  private static ProblemException contractViolation(String detail, DeadLetterCode reason) {
    return Problem.of(422, "CONTRACT_VIOLATION", "The body is no transaction.", detail)
        .with("reason", reason.name())
        .toException();
  }
}
