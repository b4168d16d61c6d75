package io.turnstile.gateway;

import io.turnstile.decision.token.ExpectedClaims;
import io.turnstile.decision.token.TokenSettings;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/** The job's requirements for tokens: the same options, to be given the same values. */
final class GatewayTokenOptions {

  @Option(
      names = "--jwks",
      required = true,
      paramLabel = "FILE|URL",
      description = "Token keys: a file or an https URL, the job's.")
  private String jwks;

  @Option(
      names = "--token-algorithms",
      paramLabel = "ALG",
      split = ",",
      defaultValue = "ES256",
      description = "Signature algorithms that are allowed (default: ${DEFAULT-VALUE}).")
  private List<String> algorithms;

  @Option(
      names = "--token-issuer",
      paramLabel = "ISS",
      description = "What a token's iss must be; default: anything.")
  private String issuer;

  @Option(
      names = "--token-audience",
      paramLabel = "AUD",
      split = ",",
      description = "One of these must be in a token's aud; default: anything.")
  private List<String> audience = List.of();

  @Option(
      names = "--token-type",
      paramLabel = "TYP",
      description = "What typ in a token's header must be; default: anything.")
  private String type;

  @Option(
      names = "--token-cache-size",
      paramLabel = "N",
      defaultValue = "20000",
      description = "Verified tokens kept, per event loop (default: ${DEFAULT-VALUE}).")
  private int cacheSize;

  @Option(
      names = "--clock-skew",
      paramLabel = "DURATION",
      defaultValue = "30s",
      description = "Grace for a token's exp and nbf (default: ${DEFAULT-VALUE}).")
  private Duration clockSkew;

  @Option(
      names = "--key-refresh",
      paramLabel = "DURATION",
      defaultValue = "5min",
      description = "How often the token keys are read again (default: ${DEFAULT-VALUE}).")
  private Duration keyRefresh;

  /**
   * As the token check takes them.
   *
   * @throws IllegalArgumentException with a one-line message if one is blank
   */
  TokenSettings settings() {
    return new TokenSettings(
        jwks,
        Set.copyOf(algorithms),
        cacheSize,
        clockSkew,
        keyRefresh,
        new ExpectedClaims(issuer, Set.copyOf(audience), type),
        TokenSettings.CONNECT_TIMEOUT,
        TokenSettings.READ_TIMEOUT,
        TokenSettings.JWKS_MAX_AGE);
  }
}
