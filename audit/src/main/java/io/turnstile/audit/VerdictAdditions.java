package io.turnstile.audit;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.turnstile.clients.ReferenceSpec;
import io.turnstile.events.CarriedFields;
import io.turnstile.events.Decoded;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * What the job was told to add to accepted verdicts. Of what the audit is not told, nothing is
 * checked. Immutable.
 */
record VerdictAdditions(List<ReferenceSpec> references, CarriedFields carried) {

  private static final JsonFactory JSON = new JsonFactory();

  /** Stands for the carried fields where none are. */
  private static final long NO_EXTRA = 0;

  /**
   * A transaction and what its acceptance must carry.
   *
   * @param extra hash of the carried fields
   */
  record Demand(Transaction transaction, long extra) {}

  /** Reads an input as the job must. */
  Decoded<Demand> input(byte[] value) {
    Decoded<Transaction> decoded = TransactionCodec.decode(value);
    if (carried.isEmpty() || !(decoded instanceof Decoded.Valid<Transaction> valid)) {
      return decoded.map(transaction -> new Demand(transaction, NO_EXTRA));
    }
    Transaction transaction = valid.record();
    return carried
        .of(value, transaction.customerId())
        .map(extra -> new Demand(transaction, hash(extra)));
  }

  private static long hash(String json) {
    try (JsonParser parser = JSON.createParser(json)) {
      parser.nextToken();
      return Fingerprint.ofJson(parser);
    } catch (IOException e) {
      throw new UncheckedIOException("reading what was just written", e);
    }
  }

  /**
   * The hash that a verdict shows of its carried fields.
   *
   * @param found null if it has none
   * @throws IllegalArgumentException if it lacks them
   */
  long extra(Long found) {
    if (carried.isEmpty()) {
      return NO_EXTRA;
    }
    if (found == null) {
      throw new IllegalArgumentException("extra is missing or of the wrong type");
    }
    return found;
  }

  /**
   * What is wrong with a verdict's references, in one line; null if nothing is.
   *
   * @param transaction of the verdict
   * @param found as {@link #references(JsonParser, JsonToken)} has read them
   */
  String fault(Transaction transaction, Map<String, Map<String, String>> found) {
    if (references.isEmpty()) {
      return null;
    }
    if (found == null) {
      return "references is missing or of the wrong type";
    }
    TreeSet<String> unknown = new TreeSet<>(found.keySet());
    for (ReferenceSpec each : references) {
      String fault = fault(each, transaction, found);
      if (fault != null) {
        return "references." + each.name() + " " + fault;
      }
      unknown.remove(each.name());
    }
    return unknown.isEmpty()
        ? null
        : "references." + unknown.first() + " is none that the audit was given";
  }

  private static String fault(
      ReferenceSpec spec, Transaction transaction, Map<String, Map<String, String>> found) {
    if (!found.containsKey(spec.name())) {
      return "is missing or of the wrong type";
    }
    Map<String, String> reference = found.get(spec.name());
    if (reference == null) {
      return spec.required() ? "is null, and it is required" : null;
    }
    String id =
        spec.keyedBy() == ReferenceSpec.KeyedBy.PRODUCT
            ? transaction.productId()
            : transaction.customerId();
    return id.equals(reference.get(spec.keyedBy().idField()))
        ? null
        : "is not that of " + spec.keyedBy().idField();
  }

  /**
   * Reads a verdict's references: by name, the texts of each by field; null for one that is null.
   * What is neither object nor null is left out. Null if it is no object.
   */
  static Map<String, Map<String, String>> references(JsonParser json, JsonToken token)
      throws IOException {
    if (token != JsonToken.START_OBJECT) {
      return null;
    }
    Map<String, Map<String, String>> references = new HashMap<>();
    for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
      JsonToken value = json.nextToken();
      if (value == JsonToken.START_OBJECT) {
        references.put(name, texts(json));
      } else if (value == JsonToken.VALUE_NULL) {
        references.put(name, null);
      } else {
        json.skipChildren();
      }
    }
    return references;
  }

  private static Map<String, String> texts(JsonParser json) throws IOException {
    Map<String, String> texts = new HashMap<>();
    for (String name = json.nextFieldName(); name != null; name = json.nextFieldName()) {
      if (json.nextToken() == JsonToken.VALUE_STRING) {
        texts.put(name, json.getText());
      }
      json.skipChildren();
    }
    return texts;
  }
}
