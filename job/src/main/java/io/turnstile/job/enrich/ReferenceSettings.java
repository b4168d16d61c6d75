package io.turnstile.job.enrich;

import io.turnstile.clients.ReferenceSpec;
import io.turnstile.events.ReferenceDocument;
import io.turnstile.job.read.ReferenceTopic;
import java.io.Serializable;

/**
 * A named reference, as the operator joins it that has its key.
 *
 * @param spec what it is
 * @param waits how long a transaction waits for one that is missing
 * @param topic read to its end at every start and when waits are over
 */
public record ReferenceSettings(
    ReferenceSpec spec, WaitSettings waits, ReferenceTopic<ReferenceDocument> topic)
    implements Serializable {

  /** Returns whether a transaction waits at all: not for what is optional and has no time. */
  boolean isAwaited() {
    return spec.required() || !waits.minWait().isZero();
  }
}
