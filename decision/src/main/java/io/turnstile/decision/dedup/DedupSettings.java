package io.turnstile.decision.dedup;

import java.io.Serializable;
import java.time.Duration;

/**
 * How long acceptances count.
 *
 * @param window for one customer, one id is accepted at most once within it
 * @param contentWindow the same for one content; null: content is not compared
 * @param maxOutage longest stop that the job survives without forgetting too early
 */
public record DedupSettings(Duration window, Duration contentWindow, Duration maxOutage)
    implements Serializable {

  /** How long acceptances are kept by id, on the clock of the machine. */
  public Duration keepIds() {
    return window.plus(maxOutage);
  }

  /** How long acceptances are kept by content, on the clock of the machine. */
  public Duration keepContents() {
    return contentWindow.plus(maxOutage);
  }
}
