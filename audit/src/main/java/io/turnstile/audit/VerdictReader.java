package io.turnstile.audit;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.turnstile.audit.Violation.Kind;
import io.turnstile.events.ContentHash;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.InputHeaders;
import io.turnstile.events.Outcome;
import io.turnstile.events.PriorAcceptance;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.Transaction;
import io.turnstile.events.VerdictHeaders;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Reads verdicts strictly, and checks what can be checked in a verdict alone. Streaming, because
 * this is most of the work of an audit. Thread-safe.
 */
final class VerdictReader {

  private static final JsonFactory JSON = new JsonFactory();

  /** A field of a verdict's value and where it goes in {@link Fields}. */
  private enum Field {
    TRANSACTION_ID,
    CUSTOMER_ID,
    PRODUCT_ID,
    QUANTITY,
    AMOUNT,
    CURRENCY,
    OCCURRED_AT,
    PRODUCT,
    CUSTOMER,
    CONTENT_HASH,
    RECEIVED_AT,
    DECIDED_AT,
    REASON,
    RETRYABLE,
    DETAIL,
    ACCEPTANCE,
    SOURCE_PARTITION,
    SOURCE_OFFSET,
    REFERENCES,
    EXTRA;

    private static final Map<String, Field> BY_NAME = new HashMap<>();

    static {
      for (Field field : values()) {
        BY_NAME.put(field.wireName(), field);
      }
    }

    String wireName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final VerdictAdditions additions;
  private final boolean inDatabase;

  /**
   * @param inDatabase whether the verdicts are in a database, which may have refused some
   */
  VerdictReader(VerdictAdditions additions, boolean inDatabase) {
    this.additions = additions;
    this.inDatabase = inDatabase;
  }

  /**
   * Reads a verdict whose headers say which input it is about.
   *
   * @param topic the outcome in whose topic it is
   * @param sourceOffset the offset of its input
   */
  ReadVerdict read(ConsumerRecord<byte[], byte[]> record, Outcome topic, long sourceOffset) {
    String outcome = VerdictHeaders.optional(record.headers(), VerdictHeaders.OUTCOME);
    if (!topic.headerValue().equals(outcome)) {
      return ReadVerdict.faulty(
          Kind.MISROUTED,
          outcome == null
              ? "header " + VerdictHeaders.OUTCOME + " is missing"
              : "outcome " + outcome + " in the topic of " + topic.headerValue());
    }
    if (topic != Outcome.DEAD_LETTER && InputHeaders.areIn(record.headers())) {
      return ReadVerdict.faulty(Kind.WRONG, "has headers of its input, as only a dead letter may");
    }
    try {
      return switch (topic) {
        case ACCEPTED -> accepted(record, sourceOffset);
        case REJECTED -> rejected(record, sourceOffset);
        case DEAD_LETTER -> deadLetter(record, sourceOffset);
      };
    } catch (JsonProcessingException e) {
      // Jackson's message repeats the text, and a stray dead letter may hold a token.
      return ReadVerdict.faulty(
          Kind.WRONG, "not a verdict: no JSON at byte " + e.getLocation().getByteOffset());
    } catch (IOException | IllegalArgumentException | ArithmeticException e) {
      return ReadVerdict.faulty(Kind.WRONG, "not a verdict: " + e.getMessage());
    }
  }

  private ReadVerdict accepted(ConsumerRecord<byte[], byte[]> record, long sourceOffset)
      throws IOException {
    Fields fields = Fields.parse(record.value());
    Transaction transaction =
        new Transaction(
            fields.text(Field.TRANSACTION_ID),
            fields.text(Field.CUSTOMER_ID),
            fields.text(Field.PRODUCT_ID),
            Math.toIntExact(fields.number(Field.QUANTITY)),
            fields.number(Field.AMOUNT),
            fields.text(Field.CURRENCY),
            fields.number(Field.OCCURRED_AT),
            "");
    long receivedAt = fields.number(Field.RECEIVED_AT);
    if (!fields.text(Field.PRODUCT).equals(transaction.productId())) {
      return ReadVerdict.faulty(Kind.WRONG, "product is not that of product_id");
    }
    String customer = fields.text(Field.CUSTOMER);
    if (!customer.isEmpty() && !customer.equals(transaction.customerId())) {
      return ReadVerdict.faulty(Kind.WRONG, "customer is not that of customer_id");
    }
    if (!fields.text(Field.CONTENT_HASH).equals(ContentHash.of(transaction).toString())) {
      return ReadVerdict.faulty(Kind.WRONG, "content_hash is not that of the content");
    }
    String fault = additions.fault(transaction, fields.references);
    if (fault != null) {
      return ReadVerdict.faulty(Kind.WRONG, fault);
    }
    return keyed(
        record,
        new ReadVerdict(
            OutcomeCode.ACCEPTED,
            transaction,
            receivedAt,
            fields.number(Field.DECIDED_AT),
            null,
            Fingerprint.ofAccepted(
                sourceOffset, receivedAt, transaction, additions.extra(fields.extra)),
            null,
            null));
  }

  private static ReadVerdict rejected(ConsumerRecord<byte[], byte[]> record, long sourceOffset)
      throws IOException {
    Fields fields = Fields.parse(record.value());
    String transactionId = fields.text(Field.TRANSACTION_ID);
    String customerId = fields.text(Field.CUSTOMER_ID);
    RejectionReason reason = known(RejectionReason.class, fields.text(Field.REASON));
    long receivedAt = fields.number(Field.RECEIVED_AT);
    fields.text(Field.DETAIL);
    if (fields.acceptance != null && reason != RejectionReason.DUPLICATE_ID) {
      return ReadVerdict.faulty(Kind.WRONG, reason + " repeats no acceptance");
    }
    if (fields.number(Field.RETRYABLE) != (reason.retryable() ? 1 : 0)) {
      return ReadVerdict.faulty(Kind.WRONG, "retryable is not that of " + reason);
    }
    return keyed(
        record,
        new ReadVerdict(
            OutcomeCode.of(reason),
            new Transaction(transactionId, customerId, "", 0, 0, "", 0, ""),
            receivedAt,
            fields.number(Field.DECIDED_AT),
            fields.acceptance,
            Fingerprint.ofRejected(sourceOffset, receivedAt, transactionId, customerId),
            null,
            null));
  }

  private ReadVerdict deadLetter(ConsumerRecord<byte[], byte[]> record, long sourceOffset) {
    DeadLetterCode code =
        known(
            DeadLetterCode.class,
            VerdictHeaders.required(record.headers(), VerdictHeaders.ERROR_CODE));
    if (code == DeadLetterCode.REFUSED_BY_DATABASE && !inDatabase) {
      return ReadVerdict.faulty(Kind.WRONG, code + ", but no database has these verdicts");
    }
    VerdictHeaders.required(record.headers(), VerdictHeaders.ERROR_MESSAGE);
    return new ReadVerdict(
        OutcomeCode.of(code),
        null,
        0,
        0,
        null,
        Fingerprint.ofDeadLetter(
            sourceOffset,
            record.key(),
            record.value(),
            InputHeaders.carried(record.headers()),
            code),
        null,
        null);
  }

  private static ReadVerdict keyed(ConsumerRecord<byte[], byte[]> record, ReadVerdict verdict) {
    String customerId = verdict.transaction().customerId();
    String key = record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8);
    return customerId.equals(key)
        ? verdict
        : ReadVerdict.faulty(Kind.MISROUTED, "key " + key + ", customer_id " + customerId);
  }

  private static <E extends Enum<E>> E known(Class<E> type, String name) {
    for (E constant : type.getEnumConstants()) {
      if (constant.name().equals(name)) {
        return constant;
      }
    }
    throw new IllegalArgumentException("unknown reason or code " + name);
  }

  /** The fields of one JSON object that a verdict may have. */
  private static final class Fields {

    private final Map<Field, String> texts = new EnumMap<>(Field.class);
    private final Map<Field, Long> numbers = new EnumMap<>(Field.class);
    private PriorAcceptance acceptance;
    private Map<String, Map<String, String>> references;
    private Long extra;

    static Fields parse(byte[] value) throws IOException {
      if (value == null) {
        throw new IllegalArgumentException("the value is null");
      }
      Fields fields = new Fields();
      try (JsonParser json = JSON.createParser(value)) {
        if (json.nextToken() != JsonToken.START_OBJECT) {
          throw new IllegalArgumentException("not a JSON object");
        }
        fields.readObject(json);
        if (json.nextToken() != null) {
          throw new IllegalArgumentException("text after the JSON object");
        }
      }
      return fields;
    }

    private void readObject(JsonParser json) throws IOException {
      for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
        Field field = Field.BY_NAME.get(name);
        JsonToken token = json.nextToken();
        if (field == null) {
          json.skipChildren();
        } else {
          read(json, token, field);
        }
      }
    }

    private void read(JsonParser json, JsonToken token, Field field) throws IOException {
      switch (field) {
        case PRODUCT -> texts.put(field, idOf(json, token, Field.PRODUCT_ID));
        case CUSTOMER ->
            texts.put(
                field, token == JsonToken.VALUE_NULL ? "" : idOf(json, token, Field.CUSTOMER_ID));
        case ACCEPTANCE -> acceptance = acceptance(json, token);
        case REFERENCES -> references = VerdictAdditions.references(json, token);
        case EXTRA -> extra = token == JsonToken.START_OBJECT ? Fingerprint.ofJson(json) : null;
        case RETRYABLE -> {
          if (token.isBoolean()) {
            numbers.put(field, json.getBooleanValue() ? 1L : 0L);
          }
        }
        case QUANTITY,
            AMOUNT,
            OCCURRED_AT,
            RECEIVED_AT,
            DECIDED_AT,
            SOURCE_PARTITION,
            SOURCE_OFFSET -> {
          if (token == JsonToken.VALUE_NUMBER_INT) {
            numbers.put(field, json.getLongValue());
          }
        }
        default -> texts.put(field, token == JsonToken.VALUE_STRING ? json.getText() : null);
      }
      json.skipChildren();
    }

    private static PriorAcceptance acceptance(JsonParser json, JsonToken token) throws IOException {
      if (token != JsonToken.START_OBJECT) {
        throw new IllegalArgumentException("acceptance is of the wrong type");
      }
      Fields fields = new Fields();
      fields.readObject(json);
      return new PriorAcceptance(
          Math.toIntExact(fields.number(Field.SOURCE_PARTITION)),
          fields.number(Field.SOURCE_OFFSET),
          fields.number(Field.RECEIVED_AT),
          fields.number(Field.DECIDED_AT));
    }

    private static String idOf(JsonParser json, JsonToken token, Field idField) throws IOException {
      if (token != JsonToken.START_OBJECT) {
        return null;
      }
      String id = null;
      for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
        JsonToken value = json.nextToken();
        if (value == JsonToken.VALUE_STRING && Field.BY_NAME.get(name) == idField) {
          id = json.getText();
        }
        json.skipChildren();
      }
      return id;
    }

    String text(Field field) {
      return required(field, texts.get(field));
    }

    long number(Field field) {
      return required(field, numbers.get(field));
    }

    private static <T> T required(Field field, T value) {
      if (value == null) {
        throw new IllegalArgumentException(field.wireName() + " is missing or of the wrong type");
      }
      return value;
    }
  }
}
