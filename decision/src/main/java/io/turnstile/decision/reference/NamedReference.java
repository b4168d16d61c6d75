package io.turnstile.decision.reference;

import io.turnstile.events.ReferenceDocument;

/**
 * A record of a named reference topic.
 *
 * @param name of the reference
 */
public record NamedReference(String name, Reference<ReferenceDocument> reference)
    implements ReferenceUpdate {

  @Override
  public String key() {
    return reference.key();
  }
}
