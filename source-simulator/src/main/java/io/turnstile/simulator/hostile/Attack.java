package io.turnstile.simulator.hostile;

import java.time.Duration;
import java.util.function.LongFunction;

/**
 * One way to do harm.
 *
 * @param name as in the output
 * @param perSecond records a second: what a quota would still admit
 * @param lasting for how long it goes on
 * @param shots the records, numbered from 0; no number comes twice in a run
 */
record Attack(
    String name, double perSecond, Duration lasting, Delivery delivery, LongFunction<Shot> shots) {

  /** How records get to the broker. */
  enum Delivery {
    PLAIN,
    /** By gzip: little on the way, large in the log. */
    COMPRESSED,
    /** In transactions that stay open for a while and are aborted. */
    ABORTED
  }

  /** Records in each of its turns. */
  long records() {
    return Math.max(1, Math.round(perSecond * lasting.toMillis() / 1000));
  }
}
