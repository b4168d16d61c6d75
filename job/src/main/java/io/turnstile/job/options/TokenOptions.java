package io.turnstile.job.options;

import static io.turnstile.job.options.Bounds.require;
import static io.turnstile.job.options.Bounds.requirePositive;
import static io.turnstile.job.options.Bounds.requireText;

import io.turnstile.decision.token.ExpectedClaims;
import io.turnstile.decision.token.TokenSettings;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/** Requirements for tokens, and the location of their keys. */
public final class TokenOptions {

  @Option(names = "--jwks", required = true, description = "Token keys: a file or an https URL")
  private String jwks;

  @Option(
      names = "--token-algorithms",
      split = ",",
      description = "Signature algorithms that are allowed")
  private List<String> tokenAlgorithms = List.of("ES256");

  @Option(names = "--token-issuer", description = "What a token's iss must be; default: anything")
  private String tokenIssuer;

  @Option(
      names = "--token-audience",
      split = ",",
      description = "A,…: one of them must be in a token's aud; default: anything")
  private List<String> tokenAudience = List.of();

  @Option(
      names = "--token-type",
      description = "What typ in a token's header must be, such as at+jwt; default: anything")
  private String tokenType;

  @Option(names = "--token-cache-size", description = "Verified tokens kept, per subtask")
  private int tokenCacheSize = 100_000;

  @Option(names = "--clock-skew", description = "Grace for a token's exp and nbf")
  private Duration clockSkew = Duration.ofSeconds(30);

  @Option(names = "--key-refresh", description = "How often the token keys are read again")
  private Duration keyRefresh = Duration.ofMinutes(5);

  @Option(names = "--jwks-connect-timeout", description = "For connecting to the key server")
  private Duration jwksConnectTimeout = TokenSettings.CONNECT_TIMEOUT;

  @Option(names = "--jwks-read-timeout", description = "For the key server's answer")
  private Duration jwksReadTimeout = TokenSettings.READ_TIMEOUT;

  @Option(
      names = "--jwks-max-age",
      description =
          "How old the checkpoint's keys may be to restart with them when none can be read")
  private Duration jwksMaxAge = TokenSettings.JWKS_MAX_AGE;

  /**
   * Checks the bounds.
   *
   * @throws InvalidConfigException if a value is outside of them
   */
  public void validate() throws InvalidConfigException {
    require(tokenCacheSize >= 0, "--token-cache-size must not be negative");
    require(!tokenAlgorithms.isEmpty(), "--token-algorithms must name at least one");
    requireText(tokenIssuer, "--token-issuer");
    requireText(tokenType, "--token-type");
    for (String audience : tokenAudience) {
      requireText(audience, "--token-audience");
    }
    require(!clockSkew.isNegative(), "--clock-skew must not be negative");
    requirePositive(keyRefresh, "--key-refresh");
    requirePositive(jwksConnectTimeout, "--jwks-connect-timeout");
    requirePositive(jwksReadTimeout, "--jwks-read-timeout");
    require(!jwksMaxAge.isNegative(), "--jwks-max-age must not be negative");
  }

  /** As the token check takes them. */
  public TokenSettings settings() {
    return new TokenSettings(
        jwks,
        Set.copyOf(tokenAlgorithms),
        tokenCacheSize,
        clockSkew,
        keyRefresh,
        new ExpectedClaims(tokenIssuer, Set.copyOf(tokenAudience), tokenType),
        jwksConnectTimeout,
        jwksReadTimeout,
        jwksMaxAge);
  }
}
