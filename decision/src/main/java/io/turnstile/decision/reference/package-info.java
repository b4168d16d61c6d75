/** Merging of the versions of a product or customer. */
package io.turnstile.decision.reference;
