package io.turnstile.bench.scenario;

import com.fasterxml.jackson.annotation.JsonValue;
import java.text.NumberFormat;
import java.util.Locale;

/** A metric that an objective may bound. */
public enum Metric {
  /** Latency from intended send time to the poll that gave the verdict. */
  COMMITTED_P50_MS("committed p50", "ms", '<'),
  COMMITTED_P95_MS("committed p95", "ms", '<'),
  COMMITTED_P99_MS("committed p99", "ms", '<'),
  COMMITTED_P999_MS("committed p99.9", "ms", '<'),

  /** The same for what was sent while no fault was on or being recovered from. */
  UNDISTURBED_P50_MS("committed p50 outside of recovery", "ms", '<'),
  UNDISTURBED_P95_MS("committed p95 outside of recovery", "ms", '<'),
  UNDISTURBED_P99_MS("committed p99 outside of recovery", "ms", '<'),

  /** Inputs with exactly one verdict, and the right one. */
  SUCCESS_PERCENT("success", "%", '≥'),
  /** Inputs with a wrong verdict or none. */
  ERROR_PERCENT("errors", "%", '<'),
  /** Seconds with input in which some verdict came within 1 s. */
  AVAILABILITY_PERCENT("availability", "%", '≥'),
  /** The same, without the seconds of faults and recovery. */
  UNDISTURBED_AVAILABILITY_PERCENT("availability outside of recovery", "%", '≥'),
  /** Duplicates that were rejected as such, and firsts that were accepted. */
  DEDUP_PERCENT("dedup", "%", '≥'),
  /** Transactions rejected for an expired token that passed with a fresh one. */
  TOKEN_REFRESH_PERCENT("token refresh", "%", '≥'),

  /** Mean of all processes, the load's included, of what the machine has. */
  CPU_PERCENT("CPU of the machine", "%", '<'),
  /** Highest resident memory of the engine's processes together. */
  MEMORY_GB("memory of the engine", "GB", '<'),

  /**
   * From a fault until every partition had the first verdict of what was sent after it; the slowest
   * of all faults.
   */
  FIRST_VERDICT_AFTER_S("first verdict after a fault", "s", '≤'),
  CAUGHT_UP_AFTER_S("caught up after a fault", "s", '≤'),

  /** The longest time without any verdict, warm-up excluded. */
  LONGEST_SILENCE_S("longest silence", "s", '≤'),

  /**
   * From the first transaction sent, warm-up included, until compilers rest and verdicts are in
   * time.
   */
  STEADY_AFTER_S("steady after", "s", '≤'),

  /** Committed verdicts per second over what was measured, of what was offered. */
  KEPT_UP_PERCENT("verdicts of inputs offered", "%", '≥'),
  /** Verdicts per second out of a topic that was filled before. */
  DRAIN_PER_S("drained", "/s", '≥'),
  /** The highest rate found at which the latency objective holds. */
  HIGHEST_RATE_PER_S("highest rate within the latency objective", "/s", '≥'),

  /** The p99 of the last three minutes by that of minutes two to four. */
  P99_DRIFT("p99 at the end to p99 at the beginning", "", '≤'),

  /** Time from the first record of an export until the last takes effect. */
  EXPORT_IN_FORCE_S("export in force after", "s", '<'),

  /** Beside faults of feeds, against as long a time before each; of the worst of them. */
  FEEDS_P99_MOVE_PERCENT("committed p99 beside a feed's fault, up by", "%", '<'),
  /** The same of the oldest that each other feed's newest record became. */
  FEEDS_AGE_MOVE_S("age of other feeds beside a feed's fault, up by", "s", '<'),
  /** Feeds with a fault for which an alert fired, of those and of others for which one did. */
  FEEDS_ALERTED_PERCENT("faults of feeds alerted, and no other feed", "%", '≥'),

  /** Growth of memory or anything else that a soak samples; 0 if it is no leak. */
  LEAKS("leaks", "", '≤');

  private final String title;
  private final String unit;

  /** Sign between a value and its limit. */
  private final char sign;

  Metric(String title, String unit, char sign) {
    this.title = title;
    this.unit = unit;
    this.sign = sign;
  }

  /** Returns its name in scenario files: {@code committed_p99_ms}. */
  @JsonValue
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns its name for a reader: {@code committed p99}. */
  public String title() {
    return title;
  }

  /** Returns a limit as a reader sees it: {@code < 100 ms}. */
  public String target(double limit) {
    return "%s %s %s"
        .formatted(sign, NumberFormat.getInstance(Locale.ROOT).format(limit), unit)
        .strip();
  }

  /** Tells whether a value keeps to a limit; null, for what was not measured, keeps to none. */
  public boolean meets(double limit, Double actual) {
    return actual != null
        && switch (sign) {
          case '<' -> actual < limit;
          case '≤' -> actual <= limit;
          default -> actual >= limit;
        };
  }
}
