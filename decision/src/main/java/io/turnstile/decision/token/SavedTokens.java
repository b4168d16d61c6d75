package io.turnstile.decision.token;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/**
 * Tokens whose signatures and claims were good, to be known again after a restart. Nobody can get a
 * token back from it. Immutable, as long as nobody writes into a buffer.
 *
 * @param rules under which they were good: under others they must be verified anew
 * @param byKey by the fingerprint of the key that signed them
 */
public record SavedTokens(String rules, Map<String, List<Token>> byKey) {

  /**
   * One token.
   *
   * @param hash its SHA-256, 32 bytes
   * @param subject its {@code sub}; null if it has none
   * @param expiresAt its {@code exp}, epoch milliseconds
   * @param validFrom its {@code nbf}, epoch milliseconds; 0 if it has none
   */
  public record Token(ByteBuffer hash, String subject, long expiresAt, long validFrom) {}
}
