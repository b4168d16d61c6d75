package io.turnstile.decision.dedup;

import java.io.Serializable;
import java.time.Duration;

/**
 * Times for which acceptances count.
 *
 * @param window for one customer, one id is accepted at most once within it
 * @param contentWindow the same for one content; null: content is not compared
 * @param maxOutage longest stop that the job survives without forgetting too early
 */
public record DedupSettings(Duration window, Duration contentWindow, Duration maxOutage)
    implements Serializable {

  /** Time for which acceptances are kept by id, on the machine's clock. */
  public Duration keepIds() {
    return window.plus(maxOutage);
  }

  /** Time for which acceptances are kept by content, on the machine's clock. */
  public Duration keepContents() {
    return contentWindow.plus(maxOutage);
  }
}
