package io.turnstile.decision.token;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * Tokens that failed under the current keys, by their hash: small, and nobody can make a good token
 * look like a bad one. Not thread-safe.
 */
final class FailedTokens {

  private final Cache<ByteBuffer, String> faults;
  private final TokenHasher hasher = new TokenHasher();

  FailedTokens(int size, Duration time, Ticker clock) {
    faults =
        Caffeine.newBuilder()
            .maximumSize(size)
            .expireAfterWrite(time)
            .ticker(clock)
            .executor(Runnable::run)
            .build();
  }

  /** The detail, or null if the token is not known to be bad. */
  String faultOf(String token) {
    return faults.getIfPresent(hasher.hash(token));
  }

  void put(String token, String fault) {
    faults.put(hasher.hash(token), fault);
  }

  /** To be called when the keys have changed. */
  void forgetAll() {
    faults.invalidateAll();
  }

  /** How many are remembered. */
  long size() {
    faults.cleanUp();
    return faults.estimatedSize();
  }
}
