/**
 * Token verification: signature, times, subject, and for whom it was made, against keys that are
 * read again in the background. {@link io.turnstile.decision.token.TokenCheck} is the entry.
 */
package io.turnstile.decision.token;
