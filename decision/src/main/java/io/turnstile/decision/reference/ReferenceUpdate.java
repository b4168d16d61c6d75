package io.turnstile.decision.reference;

/**
 * A record of one of the reference topics that are joined in one place: of the main one, inventory
 * or customers, or of a named one.
 */
public sealed interface ReferenceUpdate permits Reference, NamedReference {

  /** The key of the product or customer. */
  String key();
}
