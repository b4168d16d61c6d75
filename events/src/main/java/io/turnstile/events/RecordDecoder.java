package io.turnstile.events;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

  enum FieldType {
    /** A string of 1 to {@link #MAX_ID_BYTES} bytes. */
    ID,
    /** A string of up to {@link #MAX_TEXT_BYTES} bytes. */
    TEXT,
    /** A string, bounded only by the record's size: must not be repeated in a verdict. */
    SECRET,
    /** Three capital letters. */
    CURRENCY,
    /** An integer of 32 bits, as {@link Integer}. */
    INT32,
    /** An integer of 64 bits, as {@link Long}. */
    INT64
  }

  record Field(String name, FieldType type) {}

  private final List<Field> fields;
  private final int keyField;
  private final Map<String, Integer> indexByName = new HashMap<>();

  /**
   * @param keyField the name of the field reported as {@link Decoded.Invalid#key()}
   * @param fields the required fields
   */
  RecordDecoder(String keyField, Field... fields) {
    this.fields = List.of(fields);
    for (int i = 0; i < fields.length; i++) {
      indexByName.put(fields[i].name(), i);
    }
    this.keyField = indexByName.get(keyField);
  }

  /**
   * Reads a value.
   *
   * @param value the bytes, may be null
   * @return the fields' values in declaration order
   */
  Decoded<Object[]> decode(byte[] value) {
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

  private Decoded<Object[]> decode(JsonParser parser) throws IOException {
    JsonToken first = parser.nextToken();
    if (first == null) {
      return malformed("the value is blank");
    }
    Object[] values = new Object[fields.size()];
    String violation = null;
    if (first == JsonToken.START_OBJECT) {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        Integer index = indexByName.get(parser.currentName());
        JsonToken token = parser.nextToken();
        if (index == null) {
          parser.skipChildren();
          continue;
        }
        Field field = fields.get(index);
        values[index] = read(parser, token, field.type());
        if (values[index] == null) {
          parser.skipChildren();
          if (violation == null) {
            violation = field.name() + " is not " + describe(field.type());
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
    for (int i = 0; i < values.length && violation == null; i++) {
      if (values[i] == null) {
        violation = fields.get(i).name() + " is missing";
      }
    }
    return violation == null
        ? new Decoded.Valid<>(values)
        : new Decoded.Invalid<>(
            DeadLetterCode.SCHEMA_VIOLATION, violation, (String) values[keyField]);
  }

  /** The value of the current token, or null if it does not fit the type. */
  private static Object read(JsonParser parser, JsonToken token, FieldType type)
      throws IOException {
    return switch (type) {
      case ID, TEXT, SECRET, CURRENCY ->
          token == JsonToken.VALUE_STRING ? readString(parser.getText(), type) : null;
      case INT32, INT64 -> token == JsonToken.VALUE_NUMBER_INT ? readInteger(parser, type) : null;
    };
  }

  private static Object readString(String text, FieldType type) {
    boolean fits =
        switch (type) {
          case ID -> !text.isEmpty() && utf8Length(text) <= MAX_ID_BYTES;
          case TEXT -> utf8Length(text) <= MAX_TEXT_BYTES;
          case CURRENCY -> text.length() == 3 && text.chars().allMatch(c -> c >= 'A' && c <= 'Z');
          default -> true;
        };
    return fits ? text : null;
  }

  private static Object readInteger(JsonParser parser, FieldType type) throws IOException {
    JsonParser.NumberType size = parser.getNumberType();
    if (size == JsonParser.NumberType.BIG_INTEGER) {
      return null;
    }
    if (type == FieldType.INT64) {
      return parser.getLongValue();
    }
    return size == JsonParser.NumberType.INT ? parser.getIntValue() : null;
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
    for (byte b : value) {
      if (b == 0) {
        return "a zero byte";
      }
      ascii &= b > 0;
    }
    if (!ascii) {
      try {
        StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value));
      } catch (CharacterCodingException e) {
        return "invalid UTF-8";
      }
    }
    return null;
  }

  /** Says where, never what: the value may hold a token. */
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
