package io.turnstile.decision.token;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import io.turnstile.events.RejectionReason;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.text.ParseException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongSupplier;

/**
 * Checks tokens: JWTs in JWS compact form, signed by a key of a JWKS. Not thread-safe: one per
 * subtask.
 *
 * <p>The first that applies, in this order:
 *
 * <ol>
 *   <li>{@code TOKEN_INVALID}: the format, algorithm, key or signature is wrong, the header has
 *       {@code crit}, type, issuer or audience is not the {@linkplain ExpectedClaims expected} one,
 *       {@code exp} is missing, or {@code exp}, {@code nbf} or {@code iat} is no number or lies
 *       beyond the year 2200 (milliseconds, for instance). Nothing that a token claims is believed,
 *       nor reported, before its signature is verified.
 *   <li>{@code TOKEN_EXPIRED}: {@code exp + skew <= receivedAt} (a token is no good on its {@code
 *       exp}, RFC 7519).
 *   <li>{@code TOKEN_NOT_YET_VALID}: {@code receivedAt < nbf - skew}.
 *   <li>{@code TOKEN_SUBJECT_MISMATCH}: {@code sub} is missing or not the customer's id.
 * </ol>
 *
 * <p>A signature is verified once, the claims are judged for every transaction. A token that
 * verified is remembered at most until it expires, and only as long as its key is in the JWKS; of
 * one that did not, its hash is for a minute, so that a client which sends the same bad token again
 * and again does not cost a verification each time. What is remembered is bounded in bytes.
 *
 * <p>The JWKS is read again, in the background, when a token names a key id that it does not hold,
 * or names none and no key verifies it; but not within 5 s of the last success. Until it has been
 * read such a token is neither good nor bad ({@link TokenResult.NoFault#KEY_UNKNOWN}), however long
 * the key server is away; other tokens are checked meanwhile. So a token is sure to find its key
 * only if that was published 5 s, and the time that a reading takes, before. Besides, the JWKS is
 * read every {@link TokenSettings#keyRefresh()}; if that fails, the keys stay as they are.
 */
public final class TokenCheck {

  /** Longer tokens are verified every time: one of them must not drive many others out. */
  static final int MAX_CACHED_LENGTH = 8 << 10;

  /** Weights of the cache are bytes; a token weighs this at least, so that its number is bound. */
  private static final int MIN_WEIGHT = 1 << 10;

  /** Memory that a remembered token takes besides its text and subject, in bytes. */
  private static final int OVERHEAD = 256;

  /** An entry of 32 bytes each, with its overhead about 200. */
  private static final int MAX_FAILED = 10_000;

  /** For how long a bad token is remembered, and at least a good one. */
  private static final Duration MIN_REMEMBERED = Duration.ofMinutes(1);

  /** For how long {@link #check} waits for an unknown key while the JWKS is unreachable. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final long POLL_MILLIS = 10;

  private static final String UNKNOWN_KEY = "no key of the JWKS is the token's";

  private final KeySource keySource;
  private final RefreshClock clock;
  private final Set<String> algorithms;
  private final long skewMillis;
  private final ExpectedClaims expected;
  private final Cache<String, Verified> cache;
  private final FailedTokens failed;

  /** The keys that everything in the cache was verified by. */
  private KeySet keys;

  /** Of the input that is being checked. */
  private long receivedAt;

  private long cacheHits;
  private long cacheMisses;
  private long verifications;

  /** Contents of a token with a good signature; times in epoch milliseconds. */
  private record Verified(VerificationKey key, String subject, long expiresAt, long validFrom) {
    int bytes(String token) {
      return token.length() + (subject == null ? 0 : 2 * subject.length()) + OVERHEAD;
    }
  }

  TokenCheck(TokenSettings settings, KeySource keySource, RefreshClock clock) {
    this.keySource = keySource;
    this.clock = clock;
    this.algorithms = VerificationKey.withAllNames(settings.algorithms());
    this.skewMillis = settings.clockSkew().toMillis();
    this.expected = settings.expected();
    this.keys = keySource.keys();
    this.cache =
        Caffeine.newBuilder()
            .maximumWeight((long) settings.cacheSize() * MIN_WEIGHT)
            .weigher(
                (String token, Verified verified) -> Math.max(MIN_WEIGHT, verified.bytes(token)))
            .expireAfter(Expiry.<String, Verified>creating((token, verified) -> lifetime(verified)))
            .ticker(clock::nanoTime)
            // Evict on the calling thread: nothing to shut down, no class loader to leak.
            .executor(Runnable::run)
            .build();
    this.failed = new FailedTokens(MAX_FAILED, MIN_REMEMBERED, clock::nanoTime);
  }

  /**
   * As long as it was good for when it came. The time when an input was received is not the time
   * now, and may be anything if producers set it: only the difference counts.
   */
  private Duration lifetime(Verified verified) {
    Duration rest = Duration.ofMillis(verified.expiresAt + skewMillis - receivedAt);
    return rest.compareTo(MIN_REMEMBERED) > 0 ? rest : MIN_REMEMBERED;
  }

  /**
   * Loads the JWKS.
   *
   * @throws IOException with a one-line message if the JWKS cannot be read or holds no usable key
   * @throws IllegalArgumentException with a one-line message if a setting is wrong
   */
  public static TokenCheck open(TokenSettings settings) throws IOException {
    return open(settings, System::nanoTime);
  }

  /** The same with another clock, as {@link System#nanoTime}, for the age of keys. */
  public static TokenCheck open(TokenSettings settings, LongSupplier nanoTime) throws IOException {
    settings.validate();
    JwksFetcher fetcher =
        JwksFetcher.of(settings.jwks(), settings.connectTimeout(), settings.readTimeout());
    RefreshClock clock = RefreshClock.of(nanoTime);
    return new TokenCheck(
        settings,
        new KeySource(fetcher, settings.algorithms(), settings.keyRefresh(), clock),
        clock);
  }

  /**
   * Checks the token of a transaction and never waits. When the answer is {@link
   * TokenResult.NoFault#KEY_UNKNOWN} the input is to be kept and asked for again, every 50 ms or
   * so; what comes after it can be checked meanwhile. The answer stays the same as long as the key
   * server is away.
   *
   * @param customerId whom the transaction says it is from
   * @param receivedAt when the transaction was received, epoch milliseconds
   */
  public TokenResult ask(String token, String customerId, long receivedAt) {
    this.receivedAt = receivedAt;
    useCurrentKeys();
    Verified verified = cache.getIfPresent(token);
    if (verified == null) {
      try {
        verified = verify(token);
      } catch (InvalidTokenException e) {
        cacheMisses++;
        return new TokenFault(RejectionReason.TOKEN_INVALID, e.getMessage());
      }
      if (verified == null) {
        return TokenResult.NoFault.KEY_UNKNOWN;
      }
      cacheMisses++;
      if (token.length() <= MAX_CACHED_LENGTH) {
        cache.put(token, verified);
      }
    } else {
      cacheHits++;
    }
    return judge(verified, customerId, receivedAt);
  }

  /**
   * The same, but waits while the answer is {@link TokenResult.NoFault#KEY_UNKNOWN}.
   *
   * @return null if the token lets the transaction pass
   * @throws IOException with a one-line message if the JWKS could not be read for 10 s while an
   *     unknown key needed it; {@link InterruptedIOException} if interrupted meanwhile
   */
  public TokenFault check(String token, String customerId, long receivedAt) throws IOException {
    TokenResult result = ask(token, customerId, receivedAt);
    long deadline = clock.nanoTime() + PATIENCE.toNanos();
    while (result == TokenResult.NoFault.KEY_UNKNOWN) {
      clock.pause(POLL_MILLIS);
      result = ask(token, customerId, receivedAt);
      IOException failure = keySource.failureSince(deadline);
      if (result == TokenResult.NoFault.KEY_UNKNOWN && failure != null) {
        throw new IOException(
            "a token's key is unknown and for %d s %s"
                .formatted(PATIENCE.toSeconds(), failure.getMessage()),
            failure);
      }
    }
    return result instanceof TokenFault fault ? fault : null;
  }

  /** Number of tokens that were known, so that their signature was not verified again. */
  public long cacheHits() {
    return cacheHits;
  }

  /** Number of tokens that were not known to have a good signature. */
  public long cacheMisses() {
    return cacheMisses;
  }

  /** Number of tokens whose signature was verified. */
  long verifications() {
    return verifications;
  }

  /** Number of good tokens that are remembered, after those due have been forgotten. */
  long remembered() {
    cache.cleanUp();
    return cache.estimatedSize();
  }

  private TokenResult judge(Verified token, String customerId, long receivedAt) {
    if (token.expiresAt + skewMillis <= receivedAt) {
      return new TokenFault(
          RejectionReason.TOKEN_EXPIRED,
          "the token's exp lies %d ms before the input was received, the skew allowed is %d ms"
              .formatted(receivedAt - token.expiresAt, skewMillis));
    }
    if (receivedAt < token.validFrom - skewMillis) {
      return new TokenFault(
          RejectionReason.TOKEN_NOT_YET_VALID,
          "the token's nbf lies %d ms after the input was received, the skew allowed is %d ms"
              .formatted(token.validFrom - receivedAt, skewMillis));
    }
    if (!customerId.equals(token.subject)) {
      return new TokenFault(
          RejectionReason.TOKEN_SUBJECT_MISMATCH, "the token's sub is not the customer_id");
    }
    return TokenResult.NoFault.PASSED;
  }

  /** Null if the keys must be read again first; that has been asked for. */
  private Verified verify(String token) throws InvalidTokenException {
    JWSObject jws = parse(token);
    boolean newKey = mayBeSignedByNewKey(jws.getHeader());
    // No signature is checked for an unknown key id, and it may become known.
    boolean remember = jws.getHeader().getKeyID() == null || !newKey;
    String fault = remember ? failed.faultOf(token) : UNKNOWN_KEY;
    if (fault == null) {
      verifications++;
      try {
        return verify(jws, newKey);
      } catch (InvalidTokenException e) {
        fault = e.getMessage();
        failed.put(token, fault);
      }
    }
    if (fault.equals(UNKNOWN_KEY) && !keySource.areFresh()) {
      keySource.request();
      return null;
    }
    throw new InvalidTokenException(fault);
  }

  private Verified verify(JWSObject jws, boolean newKey) throws InvalidTokenException {
    VerificationKey signer = keys.signerOf(jws);
    if (signer == null) {
      throw new InvalidTokenException(
          newKey
              ? UNKNOWN_KEY
              : "the token's signature is wrong, or its key is not for its algorithm");
    }
    Map<String, Object> claims = jws.getPayload().toJSONObject();
    if (claims == null) {
      throw new InvalidTokenException("the token's claims are not a JSON object");
    }
    expected.check(jws.getHeader(), claims);
    if (claims.containsKey("iat")) {
      NumericDate.millis(claims, "iat");
    }
    return new Verified(
        signer,
        claims.get("sub") instanceof String subject ? subject : null,
        NumericDate.millis(claims, "exp"),
        claims.containsKey("nbf") ? NumericDate.millis(claims, "nbf") : 0);
  }

  private boolean mayBeSignedByNewKey(JWSHeader header) {
    return header.getKeyID() == null || !keys.hasKeyId(header.getKeyID());
  }

  private JWSObject parse(String token) throws InvalidTokenException {
    if (!isBase64UrlAndDots(token)) {
      throw new InvalidTokenException("the token is not made of base64url and dots");
    }
    JWSObject jws;
    try {
      jws = JWSObject.parse(token);
    } catch (ParseException | RuntimeException e) {
      // Whatever a forged header provokes in the parser must not fail the job.
      throw new InvalidTokenException(
          "the token is not a signed JWT: three parts, the first a header");
    }
    JWSHeader header = jws.getHeader();
    if (!algorithms.contains(header.getAlgorithm().getName())) {
      throw new InvalidTokenException(
          "the token's algorithm is not one of " + new TreeSet<>(algorithms));
    }
    if (header.getCriticalParams() != null) {
      throw new InvalidTokenException("the token's header has critical extensions (crit)");
    }
    return jws;
  }

  /** The decoder skips other characters, which would give one token many spellings. */
  private static boolean isBase64UrlAndDots(String token) {
    for (int i = 0; i < token.length(); i++) {
      char c = token.charAt(i);
      if (c != '.' && c != '-' && c != '_' && (c > 'z' || !Character.isLetterOrDigit(c))) {
        return false;
      }
    }
    return true;
  }

  /** Takes over keys that were fetched, and forgets tokens whose key is not among them. */
  // Asked for every input: the source keeps the object while the keys are equal.
  @SuppressWarnings("ReferenceEquality")
  private void useCurrentKeys() {
    KeySet current = keySource.keys();
    if (current != keys) {
      failed.forgetAll();
      Set<VerificationKey> gone = new HashSet<>(keys.keys());
      keys = current;
      current.keys().forEach(gone::remove);
      if (!gone.isEmpty()) {
        cache.asMap().values().removeIf(verified -> gone.contains(verified.key));
      }
    }
  }
}
