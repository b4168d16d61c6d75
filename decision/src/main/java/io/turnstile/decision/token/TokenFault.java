package io.turnstile.decision.token;

import io.turnstile.events.RejectionReason;

/**
 * Fault of a token that keeps its transaction from passing.
 *
 * @param reason one of the {@code TOKEN_*} reasons
 * @param detail one line for a person, of bounded length; of the token it holds at most times and,
 *     if its signature is good, type, issuer and audience
 */
public record TokenFault(RejectionReason reason, String detail) implements TokenResult {}
