package io.turnstile.decision.token;

import java.io.Serializable;
import java.time.Duration;
import java.util.Set;

/**
 * Settings for checking tokens.
 *
 * @param jwks where the issuer's public keys are: a file's path or an {@code https} URL ({@code
 *     http} only for a loopback host)
 * @param algorithms the JWS algorithms a token may be signed with, out of {@code ES256}, {@code
 *     RS256}, {@code PS256} and {@code EdDSA} or {@code Ed25519}, which are one
 * @param cacheSize how many verified tokens are remembered, so that their signature is not verified
 *     again; it is also how many KiB they may take in all
 * @param clockSkew by how much a token's times may be off, to the token's advantage
 * @param keyRefresh how often the keys are fetched again, so that a withdrawn key stops working
 * @param expected which tokens are meant for this service
 * @param connectTimeout for connecting to the URL of the JWKS
 * @param readTimeout for its whole answer. A key must be published 5 s, and the time that a reading
 *     takes, before it signs
 * @param jwksMaxAge for how long after it was read a JWKS may be started with if it is saved over
 *     restarts and cannot be read. It does not limit how long a check goes on with the keys it has
 */
public record TokenSettings(
    String jwks,
    Set<String> algorithms,
    int cacheSize,
    Duration clockSkew,
    Duration keyRefresh,
    ExpectedClaims expected,
    Duration connectTimeout,
    Duration readTimeout,
    Duration jwksMaxAge)
    implements Serializable {

  /** For connecting to the key server. */
  public static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

  /** For the key server's answer. */
  public static final Duration READ_TIMEOUT = Duration.ofSeconds(5);

  /**
   * Longer than most outages, a night included; and all that time a key that was withdrawn
   * meanwhile would be taken for good.
   */
  public static final Duration JWKS_MAX_AGE = Duration.ofHours(24);

  public TokenSettings {
    algorithms = Set.copyOf(algorithms);
  }

  /** Takes tokens of every issuer, audience and type; defaults for the rest. */
  public TokenSettings(
      String jwks, Set<String> algorithms, int cacheSize, Duration clockSkew, Duration keyRefresh) {
    this(
        jwks,
        algorithms,
        cacheSize,
        clockSkew,
        keyRefresh,
        ExpectedClaims.ANY,
        CONNECT_TIMEOUT,
        READ_TIMEOUT,
        JWKS_MAX_AGE);
  }

  /**
   * Checks that they make sense.
   *
   * @throws IllegalArgumentException if not, with a one-line message
   */
  void validate() {
    if (algorithms.isEmpty()) {
      throw new IllegalArgumentException(
          "no token algorithm is allowed: allow one of " + VerificationKey.ALGORITHMS);
    }
    for (String algorithm : algorithms) {
      if (!VerificationKey.ALGORITHMS.contains(algorithm)) {
        throw new IllegalArgumentException(
            "token algorithm %s is not supported: only the asymmetric %s are"
                .formatted(algorithm, VerificationKey.ALGORITHMS));
      }
    }
    if (cacheSize < 0) {
      throw new IllegalArgumentException("token cache size " + cacheSize + " is negative");
    }
    if (clockSkew.isNegative() || clockSkew.toDays() > 365) {
      throw new IllegalArgumentException(
          "clock skew %s is not between 0 and a year".formatted(clockSkew));
    }
    validateTimeout("connect", connectTimeout);
    validateTimeout("read", readTimeout);
    if (jwksMaxAge.isNegative() || jwksMaxAge.toDays() > 365) {
      throw new IllegalArgumentException(
          "JWKS max age %s is not between 0 and a year".formatted(jwksMaxAge));
    }
    if (keyRefresh.toSeconds() < 1 || keyRefresh.toDays() > 365) {
      throw new IllegalArgumentException(
          "key refresh interval %s is not between 1 s and a year".formatted(keyRefresh));
    }
  }

  private static void validateTimeout(String name, Duration timeout) {
    if (timeout.toMillis() < 1 || timeout.toMinutes() >= 10) {
      throw new IllegalArgumentException(
          "JWKS %s timeout %s is not between 1 ms and 10 min".formatted(name, timeout));
    }
  }
}
