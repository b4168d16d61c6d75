package io.turnstile.gateway.transaction;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A token bucket and a number of waiting requests for each customer, and the same for all requests
 * whose customer is not proven: whoever only says that he is a customer takes nothing of that
 * customer's. Thread-safe.
 */
public final class CustomerLimits {

  /** Of buckets in memory. One that is forgotten before it is full again is a gift. */
  private static final int MAX_CUSTOMERS = 100_000;

  private static final Duration SECOND = Duration.ofSeconds(1);

  /** Stands for all whose customer is not proven. */
  private static final String UNPROVEN = "";

  private final LoadingCache<String, Bucket> customers;
  private final Map<String, Integer> inFlight = new ConcurrentHashMap<>();
  private final int maxInFlight;
  private final Bucket unproven;
  private final Bucket lookups;

  /**
   * @param rate requests of one customer in a second, in the long run
   * @param burst requests of one customer at once
   * @param maxInFlight requests of one customer, or of all that prove none, that wait at a time
   * @param unprovenRate requests in a second of all whose token proves no customer; and look-ups of
   *     verdicts in a second, of all
   */
  public CustomerLimits(int rate, int burst, int maxInFlight, int unprovenRate) {
    this(rate, burst, maxInFlight, unprovenRate, TimeMeter.SYSTEM_NANOTIME);
  }

  CustomerLimits(int rate, int burst, int maxInFlight, int unprovenRate, TimeMeter clock) {
    this.maxInFlight = maxInFlight;
    // Full again after this, so that forgetting it changes nothing.
    Duration refill = SECOND.multipliedBy(burst).dividedBy(rate).plus(SECOND);
    customers =
        Caffeine.newBuilder()
            .maximumSize(MAX_CUSTOMERS)
            .expireAfterAccess(refill)
            .ticker(clock::currentTimeNanos)
            .build(customer -> bucket(rate, burst, clock));
    unproven = bucket(unprovenRate, unprovenRate, clock);
    lookups = bucket(unprovenRate, unprovenRate, clock);
  }

  private static Bucket bucket(int rate, int burst, TimeMeter clock) {
    return Bucket.builder()
        .withCustomTimePrecision(clock)
        .addLimit(limit -> limit.capacity(burst).refillGreedy(rate, SECOND))
        .build();
  }

  /** Takes one request of a proven customer: zero if it may pass, else when to come again. */
  Duration take(String customerId) {
    return take(customers.get(customerId));
  }

  /** Takes one request of anybody, like {@link #take(String)}. */
  Duration takeUnproven() {
    return take(unproven);
  }

  /** Takes one look-up, whose customer is known only after it, like {@link #take(String)}. */
  Duration takeLookup() {
    return take(lookups);
  }

  /**
   * Lets a request of a customer wait; false if too many of that customer do already.
   *
   * @param customerId null if it is not proven
   */
  boolean enter(String customerId) {
    String key = customerId == null ? UNPROVEN : customerId;
    if (inFlight.merge(key, 1, Integer::sum) <= maxInFlight) {
      return true;
    }
    leave(customerId);
    return false;
  }

  /** Ends the wait of a request that was let in. */
  void leave(String customerId) {
    String key = customerId == null ? UNPROVEN : customerId;
    inFlight.computeIfPresent(key, (id, count) -> count == 1 ? null : count - 1);
  }

  private static Duration take(Bucket bucket) {
    ConsumptionProbe probe = bucket.tryConsumeAndReturnRemaining(1);
    return probe.isConsumed() ? Duration.ZERO : Duration.ofNanos(probe.getNanosToWaitForRefill());
  }
}
