package io.turnstile.feeds.config;

import java.time.Duration;
import java.util.Objects;

/**
 * When a feed is pulled.
 *
 * @param every from the end of a sync to the begin of the next
 * @param fullEvery from one full sync to the next, where syncs are incremental
 */
public record Schedule(Duration every, Duration fullEvery) {

  private static final Duration EVERY = Duration.ofMinutes(1);
  private static final Duration FULL_EVERY = Duration.ofDays(1);

  /** The usual one. */
  public static final Schedule USUAL = new Schedule(null, null);

  /** What is null becomes the default: every minute, in full every day. */
  public Schedule {
    every = Objects.requireNonNullElse(every, EVERY);
    fullEvery = Objects.requireNonNullElse(fullEvery, FULL_EVERY);
  }
}
