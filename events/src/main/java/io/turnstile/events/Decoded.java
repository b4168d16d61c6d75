package io.turnstile.events;

import java.util.function.Function;

/**
 * Result of decoding a record's value: the record, or the reason that there is none.
 *
 * @param <T> the record type
 */
public sealed interface Decoded<T> {

  /** The same, with the record turned into another; an invalid one stays as it is. */
  default <R> Decoded<R> map(Function<? super T, ? extends R> toRecord) {
    if (this instanceof Invalid<T> invalid) {
      return new Invalid<>(invalid.code(), invalid.message(), invalid.key());
    }
    return new Valid<>(toRecord.apply(((Valid<T>) this).record()));
  }

  /** The value was well-formed. */
  record Valid<T>(T record) implements Decoded<T> {}

  /**
   * The value cannot be read.
   *
   * @param code the first reason that applies
   * @param message one line for a person; holds no part of the value but field names
   * @param key the record's own key field ({@code customer_id} of a transaction) if the value is an
   *     object in which that field can be read and is within bounds, else null
   */
  record Invalid<T>(DeadLetterCode code, String message, String key) implements Decoded<T> {}
}
