package io.turnstile.decision.token;

import java.io.Serializable;
import java.time.Duration;
import java.util.Set;

/**
 * How tokens are checked.
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
 */
public record TokenSettings(
    String jwks,
    Set<String> algorithms,
    int cacheSize,
    Duration clockSkew,
    Duration keyRefresh,
    ExpectedClaims expected,
    Duration connectTimeout,
    Duration readTimeout)
    implements Serializable {

  /** For connecting to the key server. */
  public static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

  /** For the key server's answer. */
  public static final Duration READ_TIMEOUT = Duration.ofSeconds(5);

  public TokenSettings {
    algorithms = Set.copyOf(algorithms);
  }

  /** Takes tokens of every issuer, audience and type; default time-outs. */
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
        READ_TIMEOUT);
  }
}
