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
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
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

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // Field names come from anybody: do not keep them, and colliding ones are no error.
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

  /**
   * Reads a value.
   *
   * @param value the bytes, may be null
   */
  Decoded<Values> decode(byte[] value) {
    if (value == null) {
      return malformed("the value is null");
    }
    if (value.length == 0) {
      return malformed("the value is empty");
    }
    String encodingFault = encodingFault(value);
    if (encodingFault != null) {
      return malformed(encodingFault);
    }
    try (JsonParser parser = JSON.createParser(value)) {
      return decode(parser);
    } catch (StreamConstraintsException e) {
      return malformed("nested deeper than " + MAX_DEPTH + " levels");
    } catch (JsonProcessingException e) {
      return malformed(describe(e));
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory", e);
    }
  }

  private Decoded<Values> decode(JsonParser parser) throws IOException {
    JsonToken first = parser.nextToken();
    if (first == null) {
      return malformed("the value is blank");
    }
    Values values = new Values(texts, numbers);
    long found = 0;
    boolean enveloped = false;
    String violation = null;
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
      if (violation == null && (found & field.bit) == 0) {
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
      number = new BigDecimal(text).stripTrailingZeros();
    } catch (NumberFormatException e) {
      return false; // The exponent itself is out of bounds.
    }
    // First, for the digits of 1e999999999 would not fit into memory.
    if (number.scale() > 0 || number.precision() - number.scale() > MAX_INT64_DIGITS) {
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
      case ID -> !text.isEmpty() && utf8Length(text) <= MAX_ID_BYTES;
      case TEXT -> utf8Length(text) <= MAX_TEXT_BYTES;
      case CURRENCY -> text.length() == 3 && text.chars().allMatch(c -> c >= 'A' && c <= 'Z');
      default -> true;
    };
  }

  private static boolean fits(JsonParser.NumberType size, FieldType type) {
    return size == JsonParser.NumberType.INT
        || (size == JsonParser.NumberType.LONG && type == FieldType.INT64);
  }

  /**
   * Bytes of UTF-8, or more than any bound if the text has a lone surrogate: JSON can escape one,
   * UTF-8 cannot write it, so such a text could not be repeated in a verdict.
   */
  private static int utf8Length(String text) {
    int length = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x80) {
        length++;
      } else if (c < 0x800) {
        length += 2;
      } else if (!Character.isSurrogate(c)) {
        length += 3;
      } else if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        length += 4;
        i++;
      } else {
        return Integer.MAX_VALUE;
      }
    }
    return length;
  }

  /**
   * Jackson guesses UTF-16 and UTF-32 from zero bytes, and lets some invalid UTF-8 pass. A zero
   * byte is never valid in JSON.
   */
  private static String encodingFault(byte[] value) {
    boolean ascii = true;
    for (int i = 0; i < value.length; i++) {
      if (value[i] == 0) {
        return "a zero byte at " + i + lookOf(value);
      }
      ascii &= value[i] > 0;
    }
    if (!ascii) {
      ByteBuffer bytes = ByteBuffer.wrap(value);
      CoderResult result =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(bytes, CharBuffer.allocate(value.length), true);
      if (result.isError()) {
        return "invalid UTF-8 at " + bytes.position() + lookOf(value);
      }
    }
    return null;
  }

  /** A guess at what somebody sent instead, for the message; empty if there is none. */
  private static String lookOf(byte[] value) {
    if (value.length < 5) {
      return "";
    }
    int first = value[0] & 0xff;
    int second = value[1] & 0xff;
    if (first == 0x1f && second == 0x8b) {
      return ": this looks like gzip";
    }
    if ((first == 0xfe && second == 0xff)
        || (first == 0xff && second == 0xfe)
        || (first != 0 && second == 0)
        || (first == 0 && value[2] == 0 && second != 0)) {
      return ": this looks like UTF-16";
    }
    return first == 0 ? ": this looks like the prefix of a schema registry" : "";
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
