package io.turnstile.decision.token;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.Ticker;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Tokens that verified under the current keys, and those of before a restart that did. Bounded in
 * bytes. Not thread-safe.
 */
final class VerifiedTokens {

  /**
   * So many are saved: copying them holds up the stream for a millisecond or two, and more would
   * not be asked for in the first seconds after a restart.
   */
  static final int MAX_SAVED = 20_000;

  /** Weights of the cache are bytes; a token weighs this at least, so that its number is bound. */
  private static final int MIN_WEIGHT = 1 << 10;

  /** Memory that a remembered token takes besides its text and subject, in bytes. */
  private static final int OVERHEAD = 350;

  private final Duration minRemembered;
  private final long skewMillis;
  private final Cache<String, Verified> cache;
  private final Map<ByteBuffer, Verified> restored = new HashMap<>();
  private final TokenHasher hasher = new TokenHasher();

  /** Of the input that is being checked. */
  private long receivedAt;

  /** A token and the key that signed it. */
  record Verified(VerificationKey key, SavedTokens.Token token) {

    private int bytes(String text) {
      return text.length()
          + (token.subject() == null ? 0 : 2 * token.subject().length())
          + OVERHEAD;
    }
  }

  /**
   * @param size how many tokens of the usual length there is room for
   * @param minRemembered for how long a token is remembered also if it has expired
   */
  VerifiedTokens(int size, Duration skew, Duration minRemembered, Ticker clock) {
    this.minRemembered = minRemembered;
    this.skewMillis = skew.toMillis();
    this.cache =
        Caffeine.newBuilder()
            .maximumWeight((long) size * MIN_WEIGHT)
            .weigher(
                (String token, Verified verified) -> Math.max(MIN_WEIGHT, verified.bytes(token)))
            .expireAfter(Expiry.<String, Verified>creating((token, verified) -> lifetime(verified)))
            .ticker(clock)
            // Evict on the calling thread: nothing to shut down, no class loader to leak.
            .executor(Runnable::run)
            .build();
  }

  /**
   * As long as it was good for when it came. The time when an input was received is not the time
   * now, and may be anything if producers set it: only the difference counts.
   */
  private Duration lifetime(Verified verified) {
    Duration rest = Duration.ofMillis(verified.token().expiresAt() + skewMillis - receivedAt);
    return rest.compareTo(minRemembered) > 0 ? rest : minRemembered;
  }

  /** Null if the token is not known to be good. */
  Verified get(String token, long receivedAt) {
    Verified verified = cache.getIfPresent(token);
    if (verified == null && !restored.isEmpty()) {
      verified = restored.remove(hasher.hash(token));
      if (verified != null) {
        put(token, verified, receivedAt);
      }
    }
    return verified;
  }

  /** Makes what {@link #put} takes of a token that was just verified. */
  Verified of(VerificationKey key, String token, String subject, long expiresAt, long validFrom) {
    return new Verified(
        key, new SavedTokens.Token(hasher.hash(token), subject, expiresAt, validFrom));
  }

  /** Remembers a token for the time for which it was good when its input was received. */
  void put(String token, Verified verified, long receivedAt) {
    this.receivedAt = receivedAt;
    cache.put(token, verified);
  }

  /** Forgets the tokens of these keys. */
  void forget(Set<VerificationKey> gone) {
    cache.asMap().values().removeIf(verified -> gone.contains(verified.key()));
    restored.values().removeIf(verified -> gone.contains(verified.key()));
  }

  /** The number of those that are remembered, after those due have been forgotten. */
  long size() {
    cache.cleanUp();
    return cache.estimatedSize() + restored.size();
  }

  /**
   * Returns at most {@link #MAX_SAVED} of them, those in use first.
   *
   * @param nowMillis the machine's clock: what has expired and nobody has asked for is left out
   */
  Map<String, List<SavedTokens.Token>> save(long nowMillis) {
    restored.values().removeIf(each -> each.token().expiresAt() + skewMillis <= nowMillis);
    Map<String, List<SavedTokens.Token>> saved = new HashMap<>();
    int count = 0;
    for (Iterable<Verified> part : List.of(cache.asMap().values(), restored.values())) {
      for (Verified each : part) {
        if (count == MAX_SAVED) {
          return saved;
        }
        saved.computeIfAbsent(each.key().fingerprint(), key -> new ArrayList<>()).add(each.token());
        count++;
      }
    }
    return saved;
  }

  /** Takes over what was saved; only if the key is still good. */
  void restore(VerificationKey key, List<SavedTokens.Token> tokens) {
    for (SavedTokens.Token token : tokens) {
      if (restored.size() < MAX_SAVED) {
        restored.put(token.hash(), new Verified(key, token));
      }
    }
  }
}
