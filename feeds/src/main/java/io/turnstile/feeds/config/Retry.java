package io.turnstile.feeds.config;

import java.time.Duration;
import java.util.Objects;

/**
 * How a request is repeated.
 *
 * @param attempts of one request, the first one included
 * @param first pause after the first attempt; each further one is twice as long, by chance up to
 *     half more or less
 * @param most longest pause, and the pause after all attempts of a request have failed
 */
public record Retry(Integer attempts, Duration first, Duration most) {

  private static final int ATTEMPTS = 5;
  private static final Duration FIRST = Duration.ofMillis(500);
  private static final Duration MOST = Duration.ofSeconds(30);
  private static final Duration LONGEST = Duration.ofMinutes(5);

  /** The usual one. */
  public static final Retry USUAL = new Retry(null, null, null);

  /** What is null becomes the default: five attempts, pauses of 500 ms to 30 s. */
  public Retry {
    attempts = Objects.requireNonNullElse(attempts, ATTEMPTS);
    first = Objects.requireNonNullElse(first, FIRST);
    most = Objects.requireNonNullElse(most, MOST);
    if (first.isZero() || most.compareTo(first) <= 0 || most.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException("'first' must be less than 'most', and 'most' at most 5m");
    }
  }
}
