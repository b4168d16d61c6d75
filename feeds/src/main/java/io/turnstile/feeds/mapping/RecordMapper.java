package io.turnstile.feeds.mapping;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.turnstile.events.Decoded;
import io.turnstile.feeds.config.Deletes;
import io.turnstile.feeds.config.Feed;
import io.turnstile.feeds.config.FeedFileException;
import io.turnstile.feeds.config.FieldMapping;
import io.turnstile.feeds.config.FieldMapping.As;
import io.turnstile.feeds.source.SourceRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Makes a feed's records for its topic. Thread-safe. */
public final class RecordMapper {

  private final Contract contract;
  private final Map<String, FieldMapping> fields;
  private final List<String> order;
  private final Deletes deletes;
  private final Set<String> generated;

  private RecordMapper(
      Contract contract, Map<String, FieldMapping> fields, List<String> order, Deletes deletes) {
    this.contract = contract;
    this.fields = fields;
    this.order = order;
    this.deletes = deletes;
    this.generated =
        fields.entrySet().stream()
            .filter(each -> each.getValue().generated() != null)
            .map(Map.Entry::getKey)
            .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * The mapper of a feed.
   *
   * @throws FeedFileException if its mapping lacks a field of the contract, has one that the
   *     contract does not have, or converts one to what it cannot be
   */
  public static RecordMapper of(Feed feed) throws FeedFileException {
    Map<String, FieldMapping> fields = feed.config().mapping();
    Contract contract = Contract.of(feed.config().into(), fields);
    String place = "/feeds/" + feed.name() + "/mapping";
    // Texts first: an amount is converted by its record's currency.
    List<String> order = new ArrayList<>(contract.texts());
    order.addAll(contract.numbers());
    order.addAll(contract.others());
    Set<String> unknown = new TreeSet<>(fields.keySet());
    order.forEach(unknown::remove);
    if (!unknown.isEmpty()) {
      throw new FeedFileException(
          "%s: there is no field %s; there are %s"
              .formatted(place, String.join(", ", unknown), String.join(", ", order)),
          null);
    }
    List<String> missing = order.stream().filter(name -> !fields.containsKey(name)).toList();
    if (!missing.isEmpty()) {
      throw new FeedFileException(place + ": lacks " + String.join(", ", missing), null);
    }
    for (Map.Entry<String, FieldMapping> each : fields.entrySet()) {
      String fault = fault(contract, each.getKey(), each.getValue());
      if (fault != null) {
        throw new FeedFileException(place + "/" + each.getKey() + ": " + fault, null);
      }
    }
    return new RecordMapper(contract, fields, order, feed.config().deletes());
  }

  private static String fault(Contract contract, String name, FieldMapping field) {
    if (field.as() == As.MINOR_UNITS && !contract.texts().contains(Contract.CURRENCY)) {
      return "has no currency";
    }
    if (contract.others().contains(name)) {
      return null;
    }
    boolean text = contract.texts().contains(name);
    if (text && field.generated() != null) {
      return "only a number can be generated";
    }
    if (field.constant() != null && field.constant().isTextual() != text) {
      return text ? "the constant must be a text" : "the constant must be an integer";
    }
    if (name.equals(Contract.VERSION) && field.constant() != null) {
      return "a constant version would hide every change";
    }
    if (name.equals(contract.id()) && field.at() == null) {
      return "needs 'at': a constant key would be one record";
    }
    As as = field.as();
    if (text && as != null && as != As.TEXT && as != As.UPPER_CASE && as != As.BOOLEAN) {
      return "is a text; 'as' can be text, upper-case or boolean";
    }
    if (!text && (as == As.TEXT || as == As.UPPER_CASE)) {
      return "is an integer; 'as' can be neither text nor upper-case";
    }
    return null;
  }

  /** Returns whether versions are made by the runner, so that content alone tells a change. */
  public boolean generatesVersions() {
    return generated.contains(Contract.VERSION);
  }

  /**
   * Reads back a record of the topic.
   *
   * @return null if it is none of the contract
   */
  public Mapped.Put published(byte[] value) {
    return contract.read(value, generated);
  }

  /**
   * Maps a record.
   *
   * @param readTime epoch milliseconds, for what is generated
   */
  public Mapped map(SourceRecord record, long readTime) {
    String at = contract.id();
    try {
      String key =
          record.value() == null
              ? record.key()
              : (String) value(at, record.value(), null, readTime);
      if (record.deleted() || isDeleted(record.value())) {
        return key.isEmpty()
            ? new Mapped.Malformed(Mapped.Reason.CONTRACT, at + ": is empty")
            : new Mapped.Delete(key, record.deleted() ? null : versionOf(record.value()));
      }
      ObjectNode result = JsonNodeFactory.instance.objectNode();
      for (String name : order) {
        at = name;
        JsonNode currency = result.get(Contract.CURRENCY);
        Object value =
            value(name, record.value(), currency == null ? null : currency.textValue(), readTime);
        if (value instanceof Long number) {
          result.put(name, number);
        } else if (value instanceof JsonNode node) {
          result.set(name, node);
        } else {
          result.put(name, (String) value);
        }
      }
      return put(result);
    } catch (ConversionException e) {
      return new Mapped.Malformed(e.reason(), at + ": " + e.getMessage());
    }
  }

  /** Of a deleted record, which needs none; null then. A log needs none: its order says enough. */
  private Long versionOf(JsonNode source) {
    if (generatesVersions()) {
      return null;
    }
    try {
      return (Long) value(Contract.VERSION, source, null, 0);
    } catch (ConversionException e) {
      return null;
    }
  }

  private Mapped put(ObjectNode fields) {
    Decoded<byte[]> written = contract.write(fields);
    if (written instanceof Decoded.Invalid<byte[]> invalid) {
      return new Mapped.Malformed(Mapped.Reason.CONTRACT, invalid.message());
    }
    return contract.read(((Decoded.Valid<byte[]>) written).record(), generated);
  }

  private boolean isDeleted(JsonNode source) throws ConversionException {
    JsonNode flag = at(source, deletes.flag());
    JsonNode tombstone = at(source, deletes.tombstone());
    return (flag != null && Conversions.truth(flag))
        || (tombstone != null && !(tombstone.isTextual() && tombstone.textValue().isEmpty()));
  }

  /** Null for a place that is not asked for, for nothing, and for a JSON null. */
  private static JsonNode at(JsonNode source, JsonPointer place) {
    if (place == null) {
      return null;
    }
    JsonNode found = source.at(place);
    return found.isMissingNode() || found.isNull() ? null : found;
  }

  /** A {@link String} or a {@link Long}, as the contract has the field, or any {@link JsonNode}. */
  private Object value(String name, JsonNode source, String currency, long readTime)
      throws ConversionException {
    FieldMapping field = fields.get(name);
    boolean text = contract.texts().contains(name);
    boolean any = contract.others().contains(name);
    if (field.generated() != null) {
      return readTime;
    }
    if (field.constant() != null) {
      if (any) {
        return field.constant();
      }
      return text ? Conversions.text(field.constant()) : (Object) integer(field.constant());
    }
    JsonNode value = at(source, field.at());
    if (value == null) {
      if (field.absent() == null) {
        throw new ConversionException(Mapped.Reason.MISSING, "there is nothing at " + field.at());
      }
      value = field.absent();
    }
    if (any && (field.as() == null || field.as() == As.BOOLEAN)) {
      return field.as() == null ? value : BooleanNode.valueOf(Conversions.truth(value));
    }
    As as = Objects.requireNonNullElse(field.as(), text ? As.TEXT : As.INTEGER);
    return switch (as) {
      case TEXT -> Conversions.text(value);
      case UPPER_CASE -> Conversions.upperCase(value);
      case INTEGER -> integer(value);
      case MINOR_UNITS -> Conversions.minorUnits(value, currency);
      case ISO_TIME -> Conversions.isoTime(value);
      case EPOCH_SECONDS -> Conversions.epochSeconds(value);
      case BOOLEAN -> truth(value, text);
    };
  }

  private static Long integer(JsonNode value) throws ConversionException {
    return Conversions.integer(value);
  }

  private static Object truth(JsonNode value, boolean text) throws ConversionException {
    boolean truth = Conversions.truth(value);
    return text ? Boolean.toString(truth) : (Object) Long.valueOf(truth ? 1 : 0);
  }
}
