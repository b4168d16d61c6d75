package io.turnstile.job.validate;

import io.turnstile.events.CarriedFields;
import io.turnstile.events.Decoded;
import io.turnstile.events.InputHeaders;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.job.read.InputMetadata;
import io.turnstile.job.read.InputRecord;
import java.util.function.Consumer;

/** Reads inputs: each is a transaction with its carried fields, or a dead letter. */
final class TransactionReader {

  /**
   * A transaction as it was read.
   *
   * @param transaction with its token
   * @param extra JSON object of its carried fields; null if none are carried
   */
  record ReadTransaction(Transaction transaction, String extra) {}

  private final CarriedFields carried;
  private final Consumer<DecisionInput> deadLetters;

  /**
   * @param deadLetters takes what cannot be read
   */
  TransactionReader(CarriedFields carried, Consumer<DecisionInput> deadLetters) {
    this.carried = carried;
    this.deadLetters = deadLetters;
  }

  /** Null if it cannot be read, and has become a dead letter. */
  ReadTransaction read(InputRecord input) {
    Transaction transaction = valid(input, TransactionCodec.decode(input.value()));
    if (transaction == null || carried.isEmpty()) {
      return transaction == null ? null : new ReadTransaction(transaction, null);
    }
    String extra = valid(input, carried.of(input.value(), transaction.customerId()));
    return extra == null ? null : new ReadTransaction(transaction, extra);
  }

  private <T> T valid(InputRecord input, Decoded<T> decoded) {
    if (decoded instanceof Decoded.Invalid<T> invalid) {
      deadLetters.accept(
          new DecisionInput.Unreadable(
              InputMetadata.of(input, invalid.key()),
              input.key(),
              input.value(),
              InputHeaders.toDeadLetter(input.headers()),
              invalid.code(),
              invalid.message()));
      return null;
    }
    return ((Decoded.Valid<T>) decoded).record();
  }
}
