package io.turnstile.decision.token;

/**
 * A JWKS as it was read, to be used again after a restart. Immutable.
 *
 * @param location the file's path or the URL that it was read from
 * @param text the contents
 * @param readAt when the reading ended, epoch milliseconds by this machine's clock
 */
public record Jwks(String location, String text, long readAt) {}
