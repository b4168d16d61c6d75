package io.turnstile.events;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import io.turnstile.events.RecordFields.Field;
import io.turnstile.events.RecordFields.FieldType;
import io.turnstile.events.RecordFields.TextField;
import io.turnstile.events.RecordFields.Values;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads one flat JSON object strictly: every declared field must be there with its type, unknown
 * fields are skipped. Thread-safe.
 *
 * <p>A value that is no JSON is told apart from JSON of the wrong shape, and the former comes
 * first: so the whole text is read even when a field is already known to be wrong.
 */
final class RecordDecoder {

  /** Longest id, in bytes of UTF-8. */
  static final int MAX_ID_BYTES = 256;

  /** Longest free text, in bytes of UTF-8: bounds the size of the verdict that repeats it. */
  static final int MAX_TEXT_BYTES = 4096;

  private static final int MAX_DEPTH = 1000;

  /** Of a number with a fraction or an exponent: reading it takes the square of its length. */
  private static final int MAX_NUMBER_CHARS = 1_000;

  private static final int MAX_INT64_DIGITS = 19;

  /** Keeps nothing of a record for the next one: what one costs depends on itself alone. */
  static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // Field names come from anybody. In a table they collide, if somebody wants them to,
          // whatever the seed of its hash; and a limit to that would reject by what came before.
          .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .disable(JsonFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW)
          .streamReadConstraints(
              // Sizes are bounded by the caller; a long number or name in an unknown field is fine.
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .build();

  /** Fields in which Debezium and others wrap a record. */
  private static final Set<String> ENVELOPES = Set.of("payload", "after", "before");

  private final Field[] fields;
  private final TextField keyField;
  private final int texts;
  private final int numbers;
  private final Map<String, Field> fieldByName = new HashMap<>();

  /**
   * @param keyField the field reported as {@link Decoded.Invalid#key()}
   * @param fields all of them are required
   * @param texts fields that are strings
   * @param numbers fields that are integers
   */
  RecordDecoder(TextField keyField, List<Field> fields, int texts, int numbers) {
    this.keyField = keyField;
    this.texts = texts;
    this.numbers = numbers;
    this.fields = fields.toArray(new Field[0]);
    fields.forEach(field -> fieldByName.put(field.name, field));
  }

  /** Returns whether a field of this name is declared. */
  boolean knows(String name) {
    return fieldByName.containsKey(name);
  }

  /**
   * Reads a value.
   *
   * @param value the bytes, may be null
   */
  Decoded<Values> decode(byte[] value) {
    return decode(value, Map.of());
  }

  /**
   * Reads a value, of which some fields come from elsewhere.
   *
   * @param value the bytes, may be null
   * @param beside texts of fields that the value need not have; where it has one, its own counts
   */
  Decoded<Values> decode(byte[] value, Map<TextField, String> beside) {
    if (value == null) {
      return malformed("the value is null");
    }
    if (value.length == 0) {
      return malformed("the value is empty");
    }
    String encodingFault = Utf8.faultOf(value);
    if (encodingFault != null) {
      return malformed(encodingFault);
    }
    try (JsonParser parser = JSON.createParser(Utf8.text(value))) {
      return decode(parser, beside);
    } catch (StreamConstraintsException e) {
      return malformed("nested deeper than " + MAX_DEPTH + " levels");
    } catch (JsonProcessingException e) {
      return malformed(describe(e));
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
  }

  private Decoded<Values> decode(JsonParser parser, Map<TextField, String> beside)
      throws IOException {
    JsonToken first = parser.nextToken();
    if (first == null) {
      return malformed("the value is blank");
    }
    Values values = new Values(texts, numbers);
    long given = 0;
    long found = 0;
    boolean enveloped = false;
    String violation = null;
    for (Map.Entry<TextField, String> each : beside.entrySet()) {
      Field field = each.getKey();
      if (fits(each.getValue(), field.type)) {
        values.set(field, each.getValue());
        given |= field.bit;
      } else {
        violation = field.name + " is not " + describe(field.type);
      }
    }
    if (first == JsonToken.START_OBJECT) {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        Field field = fieldByName.get(name);
        JsonToken token = parser.nextToken();
        if (field == null) {
          enveloped |= token == JsonToken.START_OBJECT && ENVELOPES.contains(name);
          parser.skipChildren();
        } else if (read(parser, token, field, values)) {
          found |= field.bit;
        } else {
          parser.skipChildren();
          if (violation == null) {
            violation = field.name + " is not " + describe(field.type);
          }
        }
      }
    } else {
      parser.skipChildren();
      violation = "not an object";
    }
    if (parser.nextToken() != null) {
      return malformed("text after the JSON value");
    }
    for (Field field : fields) {
      if (violation == null && ((found | given) & field.bit) == 0) {
        violation =
            field.name
                + " is missing"
                + (enveloped && found == 0
                    ? ": this looks like a change event in an envelope"
                    : "");
      }
    }
    return violation == null
        ? new Decoded.Valid<>(values)
        : new Decoded.Invalid<>(DeadLetterCode.SCHEMA_VIOLATION, violation, values.get(keyField));
  }

  /** Reads the value of the current token; false if it does not fit the field's type. */
  private static boolean read(JsonParser parser, JsonToken token, Field field, Values values)
      throws IOException {
    FieldType type = field.type;
    return switch (type) {
      case ID, TEXT, SECRET, CURRENCY -> {
        if (token != JsonToken.VALUE_STRING) {
          yield false;
        }
        String text = parser.getText();
        if (!fits(text, type)) {
          yield false;
        }
        values.set(field, text);
        yield true;
      }
      case INT32, INT64 -> {
        if (token == JsonToken.VALUE_NUMBER_FLOAT) {
          yield readIntegral(parser.getText(), field, values);
        }
        if (token != JsonToken.VALUE_NUMBER_INT || !fits(parser.getNumberType(), type)) {
          yield false;
        }
        values.set(field, parser.getLongValue());
        yield true;
      }
    };
  }

  /** To JSON Schema, {@code 10.0} and {@code 1e1} are integers; here too, if they are exact. */
  private static boolean readIntegral(String text, Field field, Values values) {
    if (text.length() > MAX_NUMBER_CHARS) {
      return false;
    }
    BigDecimal number;
    try {
      number = new BigDecimal(text);
    } catch (NumberFormatException e) {
      return false; // The exponent itself is out of bounds.
    }
    // First, for the digits of 1e999999999 would not fit into memory, and the zeros of
    // 100e2147483647 not into the exponent. Their count is beyond an int's bounds, too.
    long digits = (long) number.precision() - number.scale();
    if (number.signum() != 0 && digits > MAX_INT64_DIGITS) {
      return false;
    }
    number = number.stripTrailingZeros();
    if (number.scale() > 0) {
      return false;
    }
    BigInteger integer = number.toBigIntegerExact();
    if (integer.bitLength() >= (field.type == FieldType.INT32 ? Integer.SIZE : Long.SIZE)) {
      return false;
    }
    values.set(field, integer.longValueExact());
    return true;
  }

  private static boolean fits(String text, FieldType type) {
    return switch (type) {
      case ID -> !text.isEmpty() && Utf8.length(text) <= MAX_ID_BYTES;
      case TEXT -> Utf8.length(text) <= MAX_TEXT_BYTES;
      case CURRENCY -> text.length() == 3 && text.chars().allMatch(c -> c >= 'A' && c <= 'Z');
      default -> true;
    };
  }

  private static boolean fits(JsonParser.NumberType size, FieldType type) {
    return size == JsonParser.NumberType.INT
        || (size == JsonParser.NumberType.LONG && type == FieldType.INT64);
  }

  /** Names the place, never the text: the value may hold a token. */
  private static String describe(JsonProcessingException e) {
    String what =
        e.getOriginalMessage().startsWith("Duplicate field") ? "a duplicate key" : "not JSON";
    return e.getLocation() == null
        ? what
        : what
            + " at line "
            + e.getLocation().getLineNr()
            + ", column "
            + e.getLocation().getColumnNr();
  }

  private static String describe(FieldType type) {
    return switch (type) {
      case ID -> "a string of 1 to " + MAX_ID_BYTES + " bytes";
      case TEXT -> "a string of at most " + MAX_TEXT_BYTES + " bytes";
      case SECRET -> "a string";
      case CURRENCY -> "three capital letters";
      case INT32 -> "an integer of 32 bits";
      case INT64 -> "an integer of 64 bits";
    };
  }

  private static <T> Decoded<T> malformed(String message) {
    return new Decoded.Invalid<>(DeadLetterCode.MALFORMED_JSON, message, null);
  }
}
