package io.turnstile.decision.token;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;

/**
 * Tokens that failed under the current keys, by their SHA-256: small, and nobody can make a good
 * token look like a bad one. Not thread-safe.
 */
final class FailedTokens {

  private final Cache<ByteBuffer, String> faults;
  private final MessageDigest sha256;

  FailedTokens(int size, Duration time, Ticker clock) {
    faults =
        Caffeine.newBuilder()
            .maximumSize(size)
            .expireAfterWrite(time)
            .ticker(clock)
            .executor(Runnable::run)
            .build();
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The detail, or null if the token is not known to be bad. */
  String faultOf(String token) {
    return faults.getIfPresent(hash(token));
  }

  void put(String token, String fault) {
    faults.put(hash(token), fault);
  }

  /** To be called when the keys have changed. */
  void forgetAll() {
    faults.invalidateAll();
  }

  private ByteBuffer hash(String token) {
    return ByteBuffer.wrap(sha256.digest(token.getBytes(StandardCharsets.UTF_8)));
  }
}
