package io.turnstile.events;

import java.util.ArrayList;
import java.util.List;

/**
 * The fields of a record, each declared once, up to 64. A value is read back by its field's
 * declaration, so that the compiler knows its type. Not thread-safe.
 */
final class RecordFields {

  enum FieldType {
    /** A string of 1 to {@link RecordDecoder#MAX_ID_BYTES} bytes. */
    ID,
    /** A string of up to {@link RecordDecoder#MAX_TEXT_BYTES} bytes. */
    TEXT,
    /** A string, bounded only by the record's size: must not be repeated in a verdict. */
    SECRET,
    /** Three capital letters. */
    CURRENCY,
    /** An integer of 32 bits. */
    INT32,
    /** An integer of 64 bits. */
    INT64
  }

  /** A declared field. */
  abstract static class Field {

    final String name;
    final FieldType type;

    /** Bit of the field in a set of fields. */
    final long bit;

    /** Place of its value among those of the same Java type. */
    final int slot;

    private Field(String name, FieldType type, int index, int slot) {
      this.name = name;
      this.type = type;
      this.bit = 1L << index;
      this.slot = slot;
    }
  }

  /** A field that is a string. */
  static final class TextField extends Field {
    private TextField(String name, FieldType type, int index, int slot) {
      super(name, type, index, slot);
    }
  }

  /** A field that is an {@code int}. */
  static final class IntField extends Field {
    private IntField(String name, int index, int slot) {
      super(name, FieldType.INT32, index, slot);
    }
  }

  /** A field that is a {@code long}. */
  static final class LongField extends Field {
    private LongField(String name, int index, int slot) {
      super(name, FieldType.INT64, index, slot);
    }
  }

  private final List<Field> declared = new ArrayList<>();
  private int texts;
  private int numbers;

  TextField id(String name) {
    return string(name, FieldType.ID);
  }

  TextField text(String name) {
    return string(name, FieldType.TEXT);
  }

  TextField secret(String name) {
    return string(name, FieldType.SECRET);
  }

  TextField currency(String name) {
    return string(name, FieldType.CURRENCY);
  }

  private TextField string(String name, FieldType type) {
    return add(new TextField(name, type, declared.size(), texts++));
  }

  IntField int32(String name) {
    return add(new IntField(name, declared.size(), numbers++));
  }

  LongField int64(String name) {
    return add(new LongField(name, declared.size(), numbers++));
  }

  private <F extends Field> F add(F field) {
    declared.add(field);
    return field;
  }

  /**
   * A decoder of the fields declared so far: all of them are required.
   *
   * @param keyField the field reported as {@link Decoded.Invalid#key()}
   */
  RecordDecoder decoder(TextField keyField) {
    return new RecordDecoder(keyField, declared, texts, numbers);
  }

  /** The values of one record, complete and of their declared types. */
  static final class Values {

    private final String[] texts;
    private final long[] numbers;

    Values(int texts, int numbers) {
      this.texts = new String[texts];
      this.numbers = new long[numbers];
    }

    void set(Field field, String text) {
      texts[field.slot] = text;
    }

    void set(Field field, long number) {
      numbers[field.slot] = number;
    }

    String get(TextField field) {
      return texts[field.slot];
    }

    int get(IntField field) {
      return (int) numbers[field.slot];
    }

    long get(LongField field) {
      return numbers[field.slot];
    }
  }
}
