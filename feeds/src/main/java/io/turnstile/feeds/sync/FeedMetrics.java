package io.turnstile.feeds.sync;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.turnstile.feeds.mapping.Mapped;
import io.turnstile.feeds.source.FetchListener;
import io.turnstile.feeds.source.SourceException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/** Metrics of one feed. Thread-safe. */
public final class FeedMetrics implements FetchListener {

  private static final String FEED = "feed";
  private static final double MILLIS = 1_000;

  private final MeterRegistry registry;
  private final String feed;
  private final AtomicLong working = new AtomicLong();
  private final AtomicLong succeededAt = new AtomicLong();
  private final AtomicLong completedAt = new AtomicLong();
  private final AtomicLong newestAt = new AtomicLong();
  private final AtomicLong known = new AtomicLong();
  private volatile BooleanSupplier breakerOpen = () -> false;

  /**
   * @param interval between the feed's syncs
   */
  public FeedMetrics(MeterRegistry registry, String feed, Duration interval) {
    this.registry = registry;
    this.feed = feed;
    gauge("working", "1 while this runner works for the feed, 0 while another does", working, 1);
    gauge(
        "last.success.seconds",
        "When a page was read and committed last, epoch seconds",
        succeededAt,
        MILLIS);
    gauge(
        "last.completed.seconds",
        "When a sync ended last, epoch seconds; of a feed of which none has, when its runner began",
        completedAt,
        MILLIS);
    gauge(
        "interval.seconds",
        "From the end of a sync to the begin of the next",
        new AtomicLong(interval.toMillis()),
        MILLIS);
    gauge(
        "newest.record.seconds",
        "When a record was published or deleted last, epoch seconds",
        newestAt,
        MILLIS);
    gauge("known.records", "Records of the feed in its topic", known, 1);
    Gauge.builder("turnstile.feeds.breaker.open", () -> breakerOpen.getAsBoolean() ? 1 : 0)
        .description("1 while the source is left alone because most requests failed")
        .tag(FEED, feed)
        .register(registry);
    // They are there before anything has happened, so that a rate can be taken of them.
    syncs(true);
    syncs(false);
    published();
    fetches("ok");
    fetches("failed");
  }

  private void gauge(String name, String description, AtomicLong value, double unit) {
    Gauge.builder("turnstile.feeds." + name, value, each -> each.get() / unit)
        .description(description)
        // Some are known to nobody else.
        .strongReference(true)
        .tag(FEED, feed)
        .register(registry);
  }

  private Counter syncs(boolean full) {
    return Counter.builder("turnstile.feeds.syncs")
        .description("Syncs that ended")
        .tag(FEED, feed)
        .tag("kind", full ? "full" : "incremental")
        .register(registry);
  }

  private Counter published() {
    return records("published");
  }

  private Counter records(String outcome) {
    return Counter.builder("turnstile.feeds.records")
        .description("Records read, by what became of them")
        .tag(FEED, feed)
        .tag("outcome", outcome)
        .register(registry);
  }

  private Timer fetches(String outcome) {
    return Timer.builder("turnstile.feeds.fetch")
        .description("Attempts to fetch a page")
        .tag(FEED, feed)
        .tag("outcome", outcome)
        .publishPercentileHistogram()
        .register(registry);
  }

  /** Says what the breaker's gauge shows. */
  public void breaker(BooleanSupplier open) {
    breakerOpen = open;
  }

  /** This runner works for the feed, or does not. */
  public void working(boolean now) {
    working.set(now ? 1 : 0);
  }

  @Override
  public void fetched(long nanos, SourceException failure) {
    fetches(failure == null ? "ok" : "failed").record(nanos, TimeUnit.NANOSECONDS);
  }

  /** A page was committed. */
  void committed(long published, long deleted, long now) {
    published().increment((double) published);
    records("deleted").increment((double) deleted);
    succeededAt.set(now);
    if (published + deleted > 0) {
      newestAt.set(now);
    }
  }

  void unchanged() {
    records("unchanged").increment();
  }

  void conflict() {
    records("conflict").increment();
  }

  void malformed(Mapped.Reason reason) {
    records("malformed_" + reason.name().toLowerCase(Locale.ROOT)).increment();
  }

  void completed(boolean full, long now) {
    completedAt.set(now);
    syncs(full).increment();
  }

  /** Says how many records are in the topic. */
  public void known(long records) {
    known.set(records);
  }

  /**
   * This runner has taken over; epoch milliseconds.
   *
   * @param completed when the last sync ended, 0 for never
   */
  public void tookOver(long completed, long now) {
    succeededAt.set(completed);
    completedAt.set(completed == 0 ? now : completed);
  }
}
