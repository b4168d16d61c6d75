package io.turnstile.clients;

/**
 * Contents of a token besides its subject and its times.
 *
 * @param issuer {@code iss}; null for none
 * @param audience {@code aud}; null for none
 * @param type {@code typ} in the header; null for none
 */
public record TokenClaims(String issuer, String audience, String type) {

  public static final TokenClaims NONE = new TokenClaims(null, null, null);
}
