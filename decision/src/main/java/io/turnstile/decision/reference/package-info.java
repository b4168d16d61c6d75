/** Records of products and customers, and what they add up to. */
package io.turnstile.decision.reference;
