package io.turnstile.decision.token;

import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import io.turnstile.decision.token.VerifiedTokens.Verified;
import io.turnstile.events.RejectionReason;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
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
 * read every {@link TokenSettings#keyRefresh()}; if that fails, the keys stay as they are. After a
 * restart they are those of {@link #lastRead()} at first, if the caller kept it; and the tokens of
 * {@link #verified()} are not verified again, as long as their key and the settings are the same.
 */
public final class TokenCheck {

  /** Longer tokens are verified every time: one of them must not drive many others out. */
  static final int MAX_CACHED_LENGTH = 8 << 10;

  /** An entry of 32 bytes each, with its overhead about 200. */
  private static final int MAX_FAILED = 10_000;

  /** For how long a bad token is remembered, and at least a good one. */
  private static final Duration MIN_REMEMBERED = Duration.ofMinutes(1);

  /** For how long {@link #check} waits for an unknown key while the JWKS is unreachable. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final long POLL_MILLIS = 10;

  /** To be raised when a token that was good is no longer, by the same settings. */
  private static final int RULES = 1;

  private static final String UNKNOWN_KEY = "no key of the JWKS is the token's";

  private final KeySource keySource;
  private final RefreshClock clock;
  private final TokenParser parser;
  private final long skewMillis;
  private final ExpectedClaims expected;
  private final String rules;
  private final VerifiedTokens verified;
  private final FailedTokens failed;

  /** The keys that everything remembered was verified by. */
  private KeySet keys;

  private long cacheHits;
  private long cacheMisses;
  private long verifications;

  TokenCheck(TokenSettings settings, KeySource keySource, RefreshClock clock) {
    this.keySource = keySource;
    this.clock = clock;
    this.parser = new TokenParser(VerificationKey.withAllNames(settings.algorithms()));
    this.skewMillis = settings.clockSkew().toMillis();
    this.expected = settings.expected();
    this.rules = rules(settings);
    this.keys = keySource.keys();
    this.verified =
        new VerifiedTokens(
            settings.cacheSize(), settings.clockSkew(), MIN_REMEMBERED, clock::nanoTime);
    this.failed = new FailedTokens(MAX_FAILED, MIN_REMEMBERED, clock::nanoTime);
  }

  /** All that a verification depends on besides the key; the skew is applied to every input. */
  private static String rules(TokenSettings settings) {
    return RULES + " " + new TreeSet<>(settings.algorithms()) + " " + settings.expected().text();
  }

  /**
   * Loads the JWKS.
   *
   * @throws IOException with a one-line message if the JWKS cannot be read or holds no usable key
   * @throws IllegalArgumentException with a one-line message if a setting is wrong
   */
  public static TokenCheck open(TokenSettings settings) throws IOException {
    return open(settings, null, System::nanoTime, System::currentTimeMillis);
  }

  /**
   * The same after a restart, and with other clocks.
   *
   * @param saved the {@link #lastRead()} of before, or null. If it is not older than {@link
   *     TokenSettings#keyRefresh()}, its keys are used until the JWKS has been read in the
   *     background. If it is older, they are used only if the JWKS cannot be read, and not beyond
   *     {@link TokenSettings#jwksMaxAge()}. One of another location is not used
   * @param nanoTime as {@link System#nanoTime}, for what passes
   * @param epochMillis as {@link System#currentTimeMillis}, for the age of what was saved
   */
  public static TokenCheck open(
      TokenSettings settings, Jwks saved, LongSupplier nanoTime, LongSupplier epochMillis)
      throws IOException {
    settings.validate();
    JwksFetcher fetcher =
        JwksFetcher.of(settings.jwks(), settings.connectTimeout(), settings.readTimeout());
    RefreshClock clock = RefreshClock.of(nanoTime, epochMillis);
    return new TokenCheck(settings, new KeySource(fetcher, settings, clock, saved), clock);
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
    useCurrentKeys();
    Verified known = verified.get(token, receivedAt);
    if (known == null) {
      try {
        known = verify(token);
      } catch (InvalidTokenException e) {
        cacheMisses++;
        return new TokenFault(RejectionReason.TOKEN_INVALID, e.getMessage());
      }
      if (known == null) {
        return TokenResult.NoFault.KEY_UNKNOWN;
      }
      cacheMisses++;
      if (token.length() <= MAX_CACHED_LENGTH) {
        verified.put(token, known, receivedAt);
      }
    } else {
      cacheHits++;
    }
    return judge(known.token(), customerId, receivedAt);
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
            "a token's key is unknown and for "
                + PATIENCE.toSeconds()
                + " s "
                + failure.getMessage(),
            failure);
      }
    }
    return result instanceof TokenFault fault ? fault : null;
  }

  /**
   * Has the keys read again if that is due, and takes over what was read, as every check does: for
   * when there is nothing to check for long.
   */
  public void refreshKeys() {
    useCurrentKeys();
  }

  /** The JWKS in use, as it was last read. May be called by any thread. */
  public Jwks lastRead() {
    return keySource.lastRead();
  }

  /** Good tokens to be {@linkplain #restore restored} after a restart. */
  public SavedTokens verified() {
    return new SavedTokens(rules, verified.save(clock.epochMillis()));
  }

  /**
   * Spares tokens that verified before a restart a further verification. What was verified under
   * other settings is left out, and so is what a key signed that is not in the JWKS; the JWKS may
   * become a newer one later, and then counts.
   */
  public void restore(SavedTokens saved) {
    if (!saved.rules().equals(rules)) {
      return;
    }
    useCurrentKeys();
    for (VerificationKey key : keys.keys()) {
      verified.restore(key, saved.byKey().getOrDefault(key.fingerprint(), List.of()));
    }
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
    return verified.size();
  }

  private TokenResult judge(SavedTokens.Token token, String customerId, long receivedAt) {
    if (token.expiresAt() + skewMillis <= receivedAt) {
      return new TokenFault(
          RejectionReason.TOKEN_EXPIRED,
          "the token's exp lies "
              + (receivedAt - token.expiresAt())
              + " ms before the input was received, the skew allowed is "
              + skewMillis
              + " ms");
    }
    if (receivedAt < token.validFrom() - skewMillis) {
      return new TokenFault(
          RejectionReason.TOKEN_NOT_YET_VALID,
          "the token's nbf lies "
              + (token.validFrom() - receivedAt)
              + " ms after the input was received, the skew allowed is "
              + skewMillis
              + " ms");
    }
    if (!customerId.equals(token.subject())) {
      return new TokenFault(
          RejectionReason.TOKEN_SUBJECT_MISMATCH, "the token's sub is not the customer_id");
    }
    return TokenResult.NoFault.PASSED;
  }

  /** Null if the keys must be read again first; that has been asked for. */
  private Verified verify(String token) throws InvalidTokenException {
    JWSObject jws = parser.parse(token);
    boolean newKey = mayBeSignedByNewKey(jws.getHeader());
    // No signature is checked for an unknown key id, and it may become known.
    boolean remember = jws.getHeader().getKeyID() == null || !newKey;
    String fault = remember ? failed.faultOf(token) : UNKNOWN_KEY;
    if (fault == null) {
      verifications++;
      try {
        return verify(token, jws, newKey);
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

  private Verified verify(String token, JWSObject jws, boolean newKey)
      throws InvalidTokenException {
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
    return verified.of(
        signer,
        token,
        claims.get("sub") instanceof String subject ? subject : null,
        NumericDate.millis(claims, "exp"),
        claims.containsKey("nbf") ? NumericDate.millis(claims, "nbf") : 0);
  }

  private boolean mayBeSignedByNewKey(JWSHeader header) {
    return header.getKeyID() == null || !keys.hasKeyId(header.getKeyID());
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
        verified.forget(gone);
      }
    }
  }
}
