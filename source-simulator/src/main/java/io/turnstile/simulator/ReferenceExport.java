package io.turnstile.simulator;

import io.turnstile.simulator.SimulatedEvent.CustomerUpdate;
import io.turnstile.simulator.SimulatedEvent.Pause;
import io.turnstile.simulator.SimulatedEvent.ProductUpdate;
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

  private static final int MAX_PRICE_CHANGE = 100;

  private final Topic topic;
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
    if (records < 1 || pageSize < 1) {
      throw new IllegalArgumentException("an export has at least one record and pages of one");
    }
    this.topic = topic;
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
    long version = firstVersion + versionsOn;
    if (topic == Topic.CUSTOMERS) {
      return new CustomerUpdate(kind, Catalog.customer(number, version, version), timing);
    }
    String id = Catalog.productId(number);
    long price =
        Catalog.unitPrice(number) + (versionsOn == 0 ? 0 : random.nextInt(MAX_PRICE_CHANGE));
    return new ProductUpdate(
        kind, id, Catalog.product(id, number, price, version, version), timing);
  }
}
