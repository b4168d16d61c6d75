package io.turnstile.bench.feeds;

import io.turnstile.bench.feeds.Prometheus.Alert;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Looks once a second at the feeds of a fleet: how old the newest record of each is, and which
 * alerts fire. {@link #run} is called once, by a thread of its own; the rest by any.
 */
public final class FeedWatch implements AutoCloseable {

  private static final Pattern NEWEST =
      Pattern.compile("(?m)^turnstile_feeds_newest_record_seconds\\{feed=\"([^\"]+)\"} (\\S+)$");

  /** Seconds since each feed has published a record, at a time. */
  private record Ages(long nanos, Map<String, Double> seconds) {}

  private final FeedFleet fleet;
  private final Optional<Prometheus> prometheus;
  private final List<Ages> ages = new ArrayList<>();
  private final Map<Alert, Long> alerts = new LinkedHashMap<>();

  FeedWatch(FeedFleet fleet, Optional<Prometheus> prometheus) {
    this.fleet = fleet;
    this.prometheus = prometheus;
  }

  /**
   * Makes one, with a Prometheus if it is installed.
   *
   * @param directory existing, for files
   */
  public static FeedWatch of(FeedFleet fleet, Path directory) throws IOException {
    return new FeedWatch(fleet, Prometheus.start(fleet.process().metricsAddress(), directory));
  }

  /** Looks until it is interrupted, and fails if the feeds do not run or nothing changes. */
  public Void run() throws IOException, ExecutionException {
    try {
      while (true) {
        fleet.requireChanges();
        look(
            System.nanoTime(),
            ages(fleet.process().metrics(), System.currentTimeMillis() / 1000.0));
        if (prometheus.isPresent()) {
          fire(System.nanoTime(), prometheus.get().firing());
        }
        TimeUnit.SECONDS.sleep(1);
      }
    } catch (InterruptedException e) {
      return null;
    }
  }

  /** Returns the seconds since the newest record of each feed that has published one. */
  static Map<String, Double> ages(String metrics, double now) {
    Map<String, Double> ages = new HashMap<>();
    for (Matcher newest = NEWEST.matcher(metrics); newest.find(); ) {
      double time = Double.parseDouble(newest.group(2));
      if (time > 0) {
        ages.put(newest.group(1), now - time);
      }
    }
    return ages;
  }

  synchronized void look(long nanos, Map<String, Double> seconds) {
    ages.add(new Ages(nanos, seconds));
  }

  synchronized void fire(long nanos, Iterable<Alert> firing) {
    firing.forEach(alert -> alerts.putIfAbsent(alert, nanos));
  }

  /**
   * By how much the greatest age of a feed in a stretch of time is above that in the one before, of
   * the feed of which it is most; empty if there is none to compare.
   *
   * @param excepted a feed that does not count
   */
  public synchronized OptionalDouble ageMove(
      String excepted, long beforeNanos, long from, long to) {
    Map<String, Double> before = oldest(beforeNanos, from);
    return oldest(from, to).entrySet().stream()
        .filter(each -> !each.getKey().equals(excepted) && before.containsKey(each.getKey()))
        .mapToDouble(each -> each.getValue() - before.get(each.getKey()))
        .max();
  }

  private Map<String, Double> oldest(long from, long to) {
    Map<String, Double> oldest = new HashMap<>();
    for (Ages each : ages) {
      if (each.nanos() >= from && each.nanos() < to) {
        each.seconds().forEach((feed, age) -> oldest.merge(feed, age, Math::max));
      }
    }
    return oldest;
  }

  /** Tells whether alerts are evaluated: Prometheus is installed. */
  public boolean hasAlerts() {
    return prometheus.isPresent();
  }

  /** When the first alert of each feed fired, in nanoseconds. */
  public synchronized Map<String, Long> alertedNanos() {
    Map<String, Long> first = new HashMap<>();
    alerts.forEach((alert, nanos) -> first.merge(alert.feed(), nanos, Math::min));
    return first;
  }

  @Override
  public void close() {
    prometheus.ifPresent(Prometheus::close);
  }
}
