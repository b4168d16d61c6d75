package io.turnstile.simulator;

import io.turnstile.clients.ReferenceSpec;
import io.turnstile.simulator.SimulatedEvent.CustomerUpdate;
import io.turnstile.simulator.SimulatedEvent.DocumentUpdate;
import io.turnstile.simulator.SimulatedEvent.Pause;
import io.turnstile.simulator.SimulatedEvent.ProductUpdate;
import io.turnstile.simulator.SimulatedEvent.ReferenceUpdate;
import io.turnstile.simulator.SimulatedEvent.Timing;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * Plays the system that owns the inventory or the customers: exports all records page by page, then
 * sends increments without end, each a new version of a record. Pure: the same arguments give the
 * same events. Not thread-safe.
 */
public final class ReferenceExport implements EventSource {

  /** The topic that is exported. */
  public enum Topic {
    INVENTORY,
    CUSTOMERS
  }

  /** Makes the records of a topic. */
  @FunctionalInterface
  public interface Records {

    /**
     * A version of a record.
     *
     * @param number of the record
     * @param change 0 for its first version, else some number that changes its content
     */
    ReferenceUpdate record(Kind kind, int number, long version, int change, Timing timing);

    /** Products, or customers. */
    static Records of(Topic topic) {
      return topic == Topic.CUSTOMERS
          ? (kind, number, version, change, timing) ->
              new CustomerUpdate(kind, Catalog.customer(number, version, version), timing)
          : (kind, number, version, change, timing) -> {
            long price = Catalog.unitPrice(number) + change;
            String id = Catalog.productId(number);
            return new ProductUpdate(
                kind, id, Catalog.product(id, number, price, version, version), timing);
          };
    }

    /** What a named reference knows of products, or customers. */
    static Records of(ReferenceSpec reference) {
      return (kind, number, version, change, timing) ->
          new DocumentUpdate(
              kind,
              reference.topic(),
              Catalog.document(reference, number, version, change),
              timing);
    }
  }

  private static final int MAX_CHANGE = 100;

  private final Records source;
  private final int records;
  private final int pageSize;
  private final Duration pagePause;
  private final long firstVersion;
  private final SplittableRandom random;
  private int exported;
  private long increments;
  private boolean pauseDue;

  /**
   * @param records their number; they are numbered from 0 like those of the {@link Generator}
   * @param pagePause the pause after each page
   * @param firstVersion of all records; increments rise from it. The time in milliseconds makes a
   *     later export's versions higher than an earlier one's
   */
  public ReferenceExport(
      Topic topic, int records, int pageSize, Duration pagePause, long firstVersion, long seed) {
    this(Records.of(topic), records, pageSize, pagePause, firstVersion, seed);
  }

  /** The same for any topic. */
  public ReferenceExport(
      Records source, int records, int pageSize, Duration pagePause, long firstVersion, long seed) {
    if (records < 1 || pageSize < 1) {
      throw new IllegalArgumentException("an export has at least one record and pages of one");
    }
    this.source = source;
    this.records = records;
    this.pageSize = pageSize;
    this.pagePause = pagePause;
    this.firstVersion = firstVersion;
    random = new SplittableRandom(seed);
  }

  /** The next event; the increments have no end. */
  @Override
  public SimulatedEvent next() {
    if (pauseDue) {
      pauseDue = false;
      return new Pause(pagePause);
    }
    if (exported < records) {
      int number = exported++;
      pauseDue = exported % pageSize == 0 || exported == records;
      return record(Kind.ORDINARY, number, 0, Timing.FIRST);
    }
    int number = random.nextInt(records);
    return record(Kind.REFERENCE_UPDATE, number, ++increments, Timing.PACED);
  }

  private SimulatedEvent record(Kind kind, int number, long versionsOn, Timing timing) {
    int change = versionsOn == 0 ? 0 : random.nextInt(MAX_CHANGE);
    return source.record(kind, number, firstVersion + versionsOn, change, timing);
  }
}
