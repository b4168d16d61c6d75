package io.turnstile.systemtests.fuzz;

import static io.turnstile.systemtests.fuzz.Model.demand;
import static io.turnstile.systemtests.fuzz.Model.demandOneLine;

import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.turnstile.events.ContentHash;
import io.turnstile.events.Decoded;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The value of a record of the transactions topic. */
public final class TransactionTarget {

  private static final int MAX_ID_BYTES = 256;

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.USE_BIG_INTEGER_FOR_INTS)
          .build();

  static {
    JSON.getFactory()
        .setStreamReadConstraints(
            StreamReadConstraints.builder().maxStringLength(Integer.MAX_VALUE).build());
  }

  private TransactionTarget() {}

  /** A value is a transaction that says what its JSON says, or one line says why it is none. */
  public static void fuzzerTestOneInput(byte[] value) throws IOException {
    Decoded<Transaction> decoded = TransactionCodec.decode(value);
    if (decoded instanceof Decoded.Invalid<Transaction> invalid) {
      demand(invalid.code() != null, () -> "an invalid value has a code");
      demandOneLine(invalid.message());
      return;
    }
    Transaction transaction = ((Decoded.Valid<Transaction>) decoded).record();
    JsonNode json = JSON.readTree(value);
    Map.of(
            "transaction_id", transaction.transactionId(),
            "customer_id", transaction.customerId(),
            "product_id", transaction.productId())
        .forEach(
            (field, id) -> {
              int length = id.getBytes(StandardCharsets.UTF_8).length;
              demand(length > 0 && length <= MAX_ID_BYTES, () -> field + " is within its bounds");
              demandText(json, field, id);
            });
    demandText(json, "currency", transaction.currency());
    demandText(json, "token", transaction.token());
    demandNumber(json, "quantity", transaction.quantity());
    demandNumber(json, "amount", transaction.amount());
    demandNumber(json, "occurred_at", transaction.occurredAt());

    ContentHash hash = ContentHash.of(transaction);
    demand(ContentHash.parse(hash.toString()).equals(hash), () -> "the hash is read back");
    // A token may be any JSON string, also one that UTF-8 cannot write. It is never written.
    if (StandardCharsets.UTF_8.newEncoder().canEncode(transaction.token())) {
      demand(
          TransactionCodec.decode(TransactionCodec.encode(transaction)).equals(decoded),
          () -> "reading what was written gives the same");
    }
  }

  private static void demandText(JsonNode json, String field, String text) {
    demand(text.equals(json.get(field).textValue()), () -> field + " is what the JSON says");
  }

  private static void demandNumber(JsonNode json, String field, long number) {
    JsonNode node = json.get(field);
    demand(
        node.isNumber() && node.decimalValue().compareTo(BigDecimal.valueOf(number)) == 0,
        () -> field + " is what the JSON says");
  }
}
