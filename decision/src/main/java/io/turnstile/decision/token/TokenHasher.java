package io.turnstile.decision.token;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** Makes the SHA-256 of tokens: nobody can make one token look like another. Not thread-safe. */
final class TokenHasher {

  private final MessageDigest sha256;

  TokenHasher() {
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  ByteBuffer hash(String token) {
    return ByteBuffer.wrap(sha256.digest(token.getBytes(StandardCharsets.UTF_8)));
  }
}
