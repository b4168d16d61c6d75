package io.turnstile.decision.reference;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.turnstile.decision.reference.MalformedReferenceException.Reason;
import io.turnstile.events.Customer;
import io.turnstile.events.CustomerCodec;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Decoded;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import io.turnstile.events.ReferenceDocument;
import io.turnstile.events.ReferenceDocumentCodec;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.regex.Pattern;

/**
 * Reads records of a reference topic. Thread-safe.
 *
 * @param <T> the record type
 */
public final class ReferenceDecoder<T> {

  public static final ReferenceDecoder<Product> PRODUCT =
      new ReferenceDecoder<>(ProductCodec::decode, Product::productId, Product::version);
  public static final ReferenceDecoder<Customer> CUSTOMER =
      new ReferenceDecoder<>(CustomerCodec::decode, Customer::customerId, Customer::version);

  public static final ReferenceDecoder<ReferenceDocument> OF_PRODUCT =
      new ReferenceDecoder<>(
          ReferenceDocumentCodec.OF_PRODUCT::decode,
          ReferenceDocument::id,
          ReferenceDocument::version);
  public static final ReferenceDecoder<ReferenceDocument> OF_CUSTOMER =
      new ReferenceDecoder<>(
          ReferenceDocumentCodec.OF_CUSTOMER::decode,
          ReferenceDocument::id,
          ReferenceDocument::version);

  /** Of any product or customer: a longer key would only fill the state. */
  private static final int MAX_ID_BYTES = 256;

  private static final JsonFactory JSON = new JsonFactory();

  private static final Pattern JSON_NULL = Pattern.compile("[ \\t\\r\\n]*+null[ \\t\\r\\n]*+");

  private final Function<byte[], Decoded<T>> codec;
  private final Function<T, String> idOf;
  private final ToLongFunction<T> versionOf;

  private ReferenceDecoder(
      Function<byte[], Decoded<T>> codec, Function<T, String> idOf, ToLongFunction<T> versionOf) {
    this.codec = codec;
    this.idOf = idOf;
    this.versionOf = versionOf;
  }

  /**
   * Reads a record. A value that is null, empty or the JSON {@code null} is a delete.
   *
   * @param key as in Kafka, see {@link #key}
   * @param value as in Kafka
   * @param partition of the record
   * @param offset of the record
   * @param appendedAt its append time, epoch milliseconds
   * @throws MalformedReferenceException if the record cannot be read; its message holds no part of
   *     the value but field names
   */
  public Reference<T> decode(byte[] key, byte[] value, int partition, long offset, long appendedAt)
      throws MalformedReferenceException {
    String id = key(key);
    if (isDelete(value)) {
      return Reference.delete(id, partition, offset, appendedAt);
    }
    Decoded<T> decoded = codec.apply(value);
    if (decoded instanceof Decoded.Invalid<T> invalid) {
      throw new MalformedReferenceException(
          invalid.code() == DeadLetterCode.SCHEMA_VIOLATION
              ? Reason.SCHEMA_VIOLATION
              : Reason.MALFORMED_JSON,
          invalid.message());
    }
    T record = ((Decoded.Valid<T>) decoded).record();
    if (!idOf.apply(record).equals(id)) {
      throw new MalformedReferenceException(
          Reason.KEY_NOT_ID, "its key is not the id in its value");
    }
    return new Reference<>(
        id, record, versionOf.applyAsLong(record), partition, offset, appendedAt);
  }

  /**
   * The id that a record's key names: its text, or the text of the JSON string that it is ({@code
   * "P1"} with the quotation marks).
   *
   * @throws MalformedReferenceException if it names none
   */
  public static String key(byte[] key) throws MalformedReferenceException {
    if (key == null || key.length == 0) {
      throw new MalformedReferenceException(Reason.NO_KEY, "it has no key");
    }
    String id;
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(key)).toString();
      id = unquoted(text);
    } catch (CharacterCodingException e) {
      throw new MalformedReferenceException(Reason.KEY_NOT_UTF8, "its key is not UTF-8");
    }
    if (id.isEmpty()) {
      throw new MalformedReferenceException(Reason.NO_KEY, "its key is an empty string");
    }
    int length;
    try {
      // Half of a surrogate pair, which only an escape can write, would become another character
      // on the way to the operator that holds the key.
      length = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(id)).limit();
    } catch (CharacterCodingException e) {
      throw new MalformedReferenceException(
          Reason.KEY_NOT_UTF8, "an escape in its key is no character");
    }
    if (length > MAX_ID_BYTES) {
      throw new MalformedReferenceException(
          Reason.KEY_NOT_ID, "its key is longer than the " + MAX_ID_BYTES + " bytes of an id");
    }
    return id;
  }

  /** Returns the text of a JSON string; any other text is returned unchanged. */
  private static String unquoted(String text) {
    if (text.length() < 2 || text.charAt(0) != '"' || text.charAt(text.length() - 1) != '"') {
      return text;
    }
    try (JsonParser parser = JSON.createParser(text)) {
      String string = parser.nextToken() == JsonToken.VALUE_STRING ? parser.getText() : text;
      return parser.nextToken() == null ? string : text;
    } catch (IOException e) {
      return text;
    }
  }

  private static boolean isDelete(byte[] value) {
    if (value == null || value.length == 0) {
      return true;
    }
    // A first byte that tells spares most values from being made text.
    return (value[0] == 'n' || value[0] <= ' ')
        && JSON_NULL.matcher(new String(value, StandardCharsets.ISO_8859_1)).matches();
  }
}
