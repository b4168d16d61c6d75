/**
 * Dedup: which transactions repeat an accepted one. {@link io.turnstile.decision.dedup.DedupPolicy}
 * decides, a {@link io.turnstile.decision.dedup.DedupStore} remembers.
 */
package io.turnstile.decision.dedup;
