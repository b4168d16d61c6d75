package io.turnstile.decision.token;

import io.turnstile.events.RejectionReason;

/**
 * Why a token does not let its transaction pass.
 *
 * @param reason one of the {@code TOKEN_*} reasons
 * @param detail one line for a person; never holds anything of the token but its times
 */
public record TokenFault(RejectionReason reason, String detail) {}
