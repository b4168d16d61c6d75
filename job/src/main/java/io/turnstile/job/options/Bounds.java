package io.turnstile.job.options;

import java.time.Duration;

/** Checks of option values; each throws with a message that begins with the option's name. */
public final class Bounds {

  private Bounds() {}

  /** The condition must hold. */
  public static void require(boolean condition, String message) throws InvalidConfigException {
    if (!condition) {
      throw new InvalidConfigException(message);
    }
  }

  static void requirePositive(Duration duration, String option) throws InvalidConfigException {
    require(duration.toMillis() > 0, option + " must be at least a millisecond");
  }
}
