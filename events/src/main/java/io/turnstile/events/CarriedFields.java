package io.turnstile.events;

import java.io.Serializable;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;

/**
 * Fields of a transaction that the contract does not know and that its acceptance repeats, under
 * {@code extra}. Immutable.
 */
public final class CarriedFields implements Serializable {

  private static final long serialVersionUID = 1;

  /** Longest {@code extra}, in bytes of UTF-8 without white space: bounds the verdict. */
  public static final int MAX_BYTES = 16 << 10;

  /** No fields. */
  public static final CarriedFields NONE = new CarriedFields(Set.of());

  private final Set<String> names;

  private CarriedFields(Collection<String> names) {
    this.names = Set.copyOf(names);
  }

  /**
   * Fields with these names.
   *
   * @throws IllegalArgumentException if the contract knows one of them, or one is blank
   */
  public static CarriedFields of(Collection<String> names) {
    for (String name : names) {
      if (name.isBlank()) {
        throw new IllegalArgumentException("a field's name must not be blank");
      }
      if (TransactionCodec.knows(name)) {
        throw new IllegalArgumentException(name + " is a field of every transaction");
      }
    }
    return names.isEmpty() ? NONE : new CarriedFields(names);
  }

  /** Returns whether there are none: then no verdict has {@code extra}. */
  public boolean isEmpty() {
    return names.isEmpty();
  }

  /** The names, in alphabetic order. */
  public Collection<String> names() {
    return new TreeSet<>(names);
  }

  /**
   * Reads them.
   *
   * @param value of a valid transaction
   * @param customerId of the transaction
   * @return a JSON object of those that the transaction has, perhaps none; or a {@link
   *     DeadLetterCode#SCHEMA_VIOLATION} if a verdict could not repeat them
   */
  public Decoded<String> of(byte[] value, String customerId) {
    try {
      return new Decoded.Valid<>(RepeatedJson.of(Utf8.text(value), names::contains, MAX_BYTES));
    } catch (RepeatedJson.UnfitException e) {
      return new Decoded.Invalid<>(
          DeadLetterCode.SCHEMA_VIOLATION,
          "what is to be carried of it " + e.getMessage(),
          customerId);
    }
  }
}
