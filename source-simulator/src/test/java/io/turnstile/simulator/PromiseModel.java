package io.turnstile.simulator;

import io.turnstile.events.ContentHash;
import io.turnstile.events.Decoded;
import io.turnstile.events.LedgerEntry;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * The promise in a few lines: decides bytes one after the other, in the order of calls. Knows of
 * tokens only what it is told, and no windows.
 */
final class PromiseModel {

  /** Receives the outcome of each input. */
  interface Outcomes {
    void decided(int input, String outcome);
  }

  private record Waiting(int input, Transaction transaction) {}

  private final Outcomes outcomes;
  private final SplittableRandom random;
  private final Map<String, Long> versions = new HashMap<>();
  private final Set<String> products = new HashSet<>();
  private final Map<String, List<Waiting>> waiting = new HashMap<>();
  private final Map<String, ContentHash> ids = new HashMap<>();
  private final Set<String> contents = new HashSet<>();

  PromiseModel(Outcomes outcomes, SplittableRandom random) {
    this.outcomes = outcomes;
    this.random = random;
  }

  /** A version of a product; whoever waits for it is decided, in any order. */
  void product(String id, long version) {
    if (version <= versions.getOrDefault(id, Long.MIN_VALUE)) {
      return;
    }
    versions.put(id, version);
    products.add(id);
    List<Waiting> released = waiting.remove(id);
    while (released != null && !released.isEmpty()) {
      Waiting next = released.remove(random.nextInt(released.size()));
      enter(next.input(), next.transaction());
    }
  }

  void delete(String product) {
    products.remove(product);
  }

  /**
   * @param tokenFault why the token is refused, null if it is not
   */
  void input(int input, byte[] value, String tokenFault) {
    Decoded<Transaction> decoded = TransactionCodec.decode(value);
    if (decoded instanceof Decoded.Invalid<Transaction> invalid) {
      outcomes.decided(input, invalid.code().name());
      return;
    }
    Transaction transaction = ((Decoded.Valid<Transaction>) decoded).record();
    if (tokenFault != null) {
      outcomes.decided(input, tokenFault);
    } else if (products.contains(transaction.productId())) {
      enter(input, transaction);
    } else {
      waiting
          .computeIfAbsent(transaction.productId(), id -> new ArrayList<>())
          .add(new Waiting(input, transaction));
    }
  }

  /** Nobody waits any longer. */
  void end() {
    waiting.values().stream()
        .flatMap(List::stream)
        .forEach(waiter -> outcomes.decided(waiter.input(), "UNKNOWN_PRODUCT"));
  }

  private void enter(int input, Transaction transaction) {
    String id = transaction.customerId() + "/" + transaction.transactionId();
    ContentHash content = ContentHash.of(transaction);
    ContentHash accepted = ids.get(id);
    if (accepted != null) {
      outcomes.decided(input, accepted.equals(content) ? "DUPLICATE_ID" : "ID_CONFLICT");
    } else if (!contents.add(transaction.customerId() + "/" + content)) {
      outcomes.decided(input, "DUPLICATE_CONTENT");
    } else {
      ids.put(id, content);
      outcomes.decided(input, LedgerEntry.ACCEPTED);
    }
  }
}
