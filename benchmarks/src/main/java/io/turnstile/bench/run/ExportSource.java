package io.turnstile.bench.run;

import io.turnstile.events.LedgerEntry;
import io.turnstile.events.Transaction;
import io.turnstile.simulator.EventSource;
import io.turnstile.simulator.Kind;
import io.turnstile.simulator.ReferenceExport;
import io.turnstile.simulator.Shape;
import io.turnstile.simulator.SimulatedEvent;
import io.turnstile.simulator.SimulatedEvent.ProductUpdate;
import io.turnstile.simulator.SimulatedEvent.Submission;
import io.turnstile.simulator.TokenKind;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;

/**
 * Exports products, and then buys the last ones: when all these transactions have been accepted,
 * the whole export has taken effect, as each partition of the topic is read in order. Not
 * thread-safe.
 */
final class ExportSource implements EventSource {

  /** So many last products lie in every partition of the topic. */
  static final int BOUGHT = 200;

  private final ReferenceExport export;
  private final int products;
  private final long startMillis;
  private final Deque<ProductUpdate> last = new ArrayDeque<>();
  private int exported;
  private long bought;
  private volatile long firstNanos;
  private volatile long exportedNanos;

  ExportSource(int products, long seed) {
    this.products = products;
    startMillis = System.currentTimeMillis();
    // One page: nothing is waited for in between.
    export =
        new ReferenceExport(
            ReferenceExport.Topic.INVENTORY, products, products, Duration.ZERO, startMillis, seed);
  }

  @Override
  public SimulatedEvent next() {
    if (firstNanos == 0) {
      firstNanos = System.nanoTime();
    }
    if (exported < products) {
      exported++;
      ProductUpdate update = (ProductUpdate) export.next();
      last.add(update);
      if (last.size() > BOUGHT) {
        last.remove();
      }
      return update;
    }
    if (exportedNanos == 0) {
      exportedNanos = System.nanoTime();
    }
    return last.isEmpty() ? null : purchase(last.remove());
  }

  private Submission purchase(ProductUpdate update) {
    long number = bought++;
    Transaction transaction =
        new Transaction(
            "export-" + number,
            "exporter-" + number,
            update.productId(),
            1,
            update.product().unitPrice(),
            update.product().currency(),
            startMillis,
            "");
    return new Submission(
        Kind.ORDINARY,
        transaction,
        TokenKind.VALID,
        Shape.PLAIN,
        number,
        1,
        LedgerEntry.ACCEPTED,
        Set.of(LedgerEntry.ACCEPTED));
  }

  /** Time when the first record was taken; 0 if none has been taken yet. */
  long firstNanos() {
    return firstNanos;
  }

  /** Time when the last record was handed to the producer; 0 if it has not been yet. */
  long exportedNanos() {
    return exportedNanos;
  }
}
