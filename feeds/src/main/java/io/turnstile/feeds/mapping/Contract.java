package io.turnstile.feeds.mapping;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.turnstile.clients.ReferenceSpec.KeyedBy;
import io.turnstile.events.CustomerCodec;
import io.turnstile.events.Decoded;
import io.turnstile.events.ProductCodec;
import io.turnstile.events.ReferenceDocumentCodec;
import io.turnstile.feeds.config.FieldMapping;
import io.turnstile.feeds.config.Target;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Contract of a reference topic, as {@code events} has it. Immutable.
 *
 * @param id the field that is the record's key
 * @param texts the fields that are strings, the id among them
 * @param numbers the fields that are integers
 * @param others the fields that may be anything, and stay as the source has them unless the mapping
 *     converts them
 */
record Contract(
    String id,
    List<String> texts,
    List<String> numbers,
    List<String> others,
    Function<byte[], Decoded<byte[]>> codec) {

  static final String VERSION = "version";
  static final String CURRENCY = "currency";

  /** Sorted, for a source may have the fields of an object in any order. */
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(JsonNodeFeature.WRITE_PROPERTIES_SORTED)
          .build();

  private static final Contract PRODUCT =
      new Contract(
          "product_id",
          List.of("product_id", "name", "category", CURRENCY),
          List.of("unit_price", "stock", VERSION, "updated_at"),
          List.of(),
          value -> ProductCodec.decode(value).map(ProductCodec::encode));

  private static final Contract CUSTOMER =
      new Contract(
          "customer_id",
          List.of("customer_id", "name", "segment", "country"),
          List.of(VERSION, "updated_at"),
          List.of(),
          value -> CustomerCodec.decode(value).map(CustomerCodec::encode));

  /** The contract of a feed's topic; that of a named reference has the fields of the mapping. */
  static Contract of(Target target, Map<String, FieldMapping> mapping) {
    boolean product = target.keyedBy() == KeyedBy.PRODUCT;
    if (target.reference() == null) {
      return product ? PRODUCT : CUSTOMER;
    }
    ReferenceDocumentCodec codec =
        product ? ReferenceDocumentCodec.OF_PRODUCT : ReferenceDocumentCodec.OF_CUSTOMER;
    List<String> others = new ArrayList<>(new TreeSet<>(mapping.keySet()));
    others.removeAll(List.of(codec.idField(), VERSION, CURRENCY));
    return new Contract(
        codec.idField(),
        mapping.containsKey(CURRENCY)
            ? List.of(codec.idField(), CURRENCY)
            : List.of(codec.idField()),
        List.of(VERSION),
        others,
        value -> codec.decode(value).map(ReferenceDocumentCodec::encode));
  }

  /**
   * Writes fields as a record's value.
   *
   * @return the fault if they break the contract
   */
  Decoded<byte[]> write(ObjectNode fields) {
    return codec.apply(bytes(fields));
  }

  /**
   * Reads a record that somebody has published.
   *
   * @param generated fields that say nothing of the content
   * @return null if it is none of the contract
   */
  Mapped.Put read(byte[] value, Set<String> generated) {
    if (codec.apply(value) instanceof Decoded.Valid<byte[]> valid) {
      ObjectNode fields = fields(valid.record());
      return new Mapped.Put(
          fields.get(id).textValue(),
          fields.get(VERSION).longValue(),
          content(fields, generated),
          valid.record());
    }
    return null;
  }

  private static ObjectNode fields(byte[] value) {
    try {
      return (ObjectNode) JSON.readTree(value);
    } catch (IOException e) {
      throw new IllegalStateException("what a codec writes is JSON", e);
    }
  }

  private static byte[] bytes(JsonNode fields) {
    try {
      return JSON.writeValueAsBytes(fields);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can be written", e);
    }
  }

  /** The order of fields makes it the same for the same content. */
  private static long content(ObjectNode fields, Set<String> generated) {
    fields.remove(generated);
    try {
      return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(bytes(fields))).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
