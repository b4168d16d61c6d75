package io.turnstile.simulator;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.PlainJWT;
import io.turnstile.clients.TokenClaims;
import io.turnstile.clients.TokenSigner;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;

/**
 * Issues the customers' tokens: JWTs with the customer as subject, right or wrong on purpose. Keeps
 * each token until shortly before it expires, as a client would. Thread-safe.
 */
public final class TokenIssuer {

  /** Default lifetime of a token. */
  public static final Duration DEFAULT_LIFETIME = Duration.ofMinutes(5);

  /** Distance of wrong times from the limit; far more than any allowed clock skew. */
  private static final Duration LONG_EXPIRED = Duration.ofMinutes(10);

  private static final Duration FAR_OFF = Duration.ofHours(1);

  /** Multiplying by it scatters neighbouring hash codes (Fibonacci hashing). */
  private static final long GOLDEN_RATIO = 0x9E3779B97F4A7C15L;

  private static final String UNKNOWN_KEY_ID = "not-published";
  private static final int MAX_CACHED = 200_000;
  private static final int RSA_BITS = 2048;

  private record Issued(String token, long usableUntil) {}

  private final TokenSigner signer;
  private final TokenSigner forger;
  private final TokenSigner stranger;
  private final Duration lifetime;
  private final Clock clock;
  private final Map<TokenKind, Cache<String, Issued>> caches = new EnumMap<>(TokenKind.class);

  /**
   * @param signingKey a private key: P-256 (ES256) or RSA (RS256, unless the key names another
   *     algorithm)
   * @param lifetime from issue to expiry
   * @throws IllegalArgumentException if that key cannot sign
   */
  public TokenIssuer(JWK signingKey, Duration lifetime, Clock clock) {
    this(signingKey, lifetime, TokenClaims.NONE, clock);
  }

  private TokenIssuer(JWK signingKey, Duration lifetime, TokenClaims claims, Clock clock) {
    this.lifetime = lifetime;
    this.clock = clock;
    signer = new TokenSigner(signingKey, lifetime, claims);
    try {
      forger = new TokenSigner(otherKey(signingKey, signingKey.getKeyID()), lifetime, claims);
      stranger = new TokenSigner(otherKey(signingKey, UNKNOWN_KEY_ID), lifetime, claims);
    } catch (JOSEException e) {
      throw new IllegalArgumentException("the signing key cannot sign: " + e.getMessage(), e);
    }
    for (TokenKind kind : TokenKind.values()) {
      caches.put(kind, Caffeine.newBuilder().maximumSize(MAX_CACHED).build());
    }
  }

  /**
   * Makes a new ES256 key: the private JWK goes to one file, readable by its owner only, and a JWKS
   * with the public key to the other.
   *
   * @throws IOException if a file cannot be written or exists already
   */
  public static TokenIssuer generate(Path signingKey, Path jwks) throws IOException {
    return new TokenIssuer(
        TokenSigner.generateKey(signingKey, jwks), DEFAULT_LIFETIME, Clock.systemUTC());
  }

  /** Reads the private JWK that {@link #generate} wrote; tokens live {@link #DEFAULT_LIFETIME}. */
  public static TokenIssuer load(Path signingKey) throws IOException {
    return load(signingKey, DEFAULT_LIFETIME);
  }

  /**
   * Reads the private JWK that {@link #generate} wrote, or another one.
   *
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if it holds no private key that can sign
   */
  public static TokenIssuer load(Path signingKey, Duration lifetime) throws IOException {
    return load(signingKey, lifetime, TokenClaims.NONE);
  }

  /**
   * The same, for a job that asks more of a token.
   *
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if it holds no private key that can sign
   */
  public static TokenIssuer load(Path signingKey, Duration lifetime, TokenClaims claims)
      throws IOException {
    return new TokenIssuer(TokenSigner.readKey(signingKey), lifetime, claims, Clock.systemUTC());
  }

  /**
   * A customer's token. At least a quarter of a valid one's lifetime is left; a token that is wrong
   * stays so for at least ten minutes.
   */
  public String token(TokenKind kind, String customerId) {
    Cache<String, Issued> cache = caches.get(kind);
    long now = clock.millis();
    Issued issued = cache.getIfPresent(customerId);
    if (issued == null || issued.usableUntil() <= now) {
      issued = issue(kind, customerId, now);
      cache.put(customerId, issued);
    }
    return issued.token();
  }

  private Issued issue(TokenKind kind, String customerId, long now) {
    return switch (kind) {
      case VALID -> new Issued(sign(signer, customerId, now), now + refreshAfter(customerId));
      case EXPIRED ->
          new Issued(
              sign(signer, customerId, now - LONG_EXPIRED.plus(lifetime).toMillis()),
              Long.MAX_VALUE);
      case NOT_YET_VALID ->
          new Issued(
              sign(signer, customerId, now + FAR_OFF.toMillis()), now + FAR_OFF.toMillis() / 2);
      case FORGED -> new Issued(sign(forger, customerId, now), now + refreshAfter(customerId));
      case UNKNOWN_KEY ->
          new Issued(sign(stranger, customerId, now), now + refreshAfter(customerId));
      case UNSIGNED ->
          new Issued(
              new PlainJWT(signer.claims(customerId, Instant.ofEpochMilli(now))).serialize(),
              now + refreshAfter(customerId));
      case WRONG_SUBJECT ->
          new Issued(sign(signer, "not-" + customerId, now), now + refreshAfter(customerId));
    };
  }

  /**
   * Between a quarter and three quarters of the lifetime, always the same for a customer: tokens
   * issued together are not refreshed together.
   */
  private long refreshAfter(String customerId) {
    long quarter = lifetime.toMillis() / 4;
    long scattered = (customerId.hashCode() * GOLDEN_RATIO) >>> 32;
    return quarter + scattered % (2 * quarter + 1);
  }

  private static String sign(TokenSigner with, String subject, long issuedAt) {
    return with.sign(subject, Instant.ofEpochMilli(issuedAt));
  }

  /** Of the same kind, with the same algorithm. */
  private static JWK otherKey(JWK key, String keyId) throws JOSEException {
    if (key instanceof ECKey ec) {
      return new ECKeyGenerator(ec.getCurve())
          .keyID(keyId)
          .algorithm(key.getAlgorithm())
          .generate();
    }
    if (key instanceof RSAKey) {
      return new RSAKeyGenerator(RSA_BITS).keyID(keyId).algorithm(key.getAlgorithm()).generate();
    }
    throw new JOSEException("neither an elliptic curve key nor an RSA key");
  }
}
