package io.turnstile.decision.token;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Option;

/**
 * Requirements for tokens, and the location of their keys: the options of the job and of all who
 * must agree with it.
 */
public final class TokenCheckOptions {

  @Option(
      names = "--jwks",
      required = true,
      paramLabel = "FILE|URL",
      description = "Token keys: a file or an https URL.")
  private String jwks;

  @Option(
      names = "--token-algorithms",
      split = ",",
      paramLabel = "ALG",
      defaultValue = "ES256",
      showDefaultValue = Visibility.ALWAYS,
      description = "Signature algorithms that are allowed.")
  private List<String> algorithms;

  @Option(
      names = "--token-issuer",
      paramLabel = "ISS",
      description = "What a token's iss must be; default: anything.")
  private String issuer;

  @Option(
      names = "--token-audience",
      split = ",",
      paramLabel = "AUD",
      description = "A,…: one of them must be in a token's aud; default: anything.")
  private List<String> audience = List.of();

  @Option(
      names = "--token-type",
      paramLabel = "TYP",
      description = "What typ in a token's header must be, such as at+jwt; default: anything.")
  private String type;

  @Option(
      names = "--clock-skew",
      paramLabel = "DURATION",
      defaultValue = "30s",
      showDefaultValue = Visibility.ALWAYS,
      description = "Grace for a token's exp and nbf.")
  private Duration clockSkew;

  @Option(
      names = "--key-refresh",
      paramLabel = "DURATION",
      defaultValue = "5min",
      showDefaultValue = Visibility.ALWAYS,
      description = "How often the token keys are read again.")
  private Duration keyRefresh;

  @Option(
      names = "--jwks-connect-timeout",
      paramLabel = "DURATION",
      defaultValue = "2s",
      showDefaultValue = Visibility.ALWAYS,
      description = "For connecting to the key server.")
  private Duration connectTimeout;

  @Option(
      names = "--jwks-read-timeout",
      paramLabel = "DURATION",
      defaultValue = "5s",
      showDefaultValue = Visibility.ALWAYS,
      description = "For the key server's answer.")
  private Duration readTimeout;

  /**
   * Checks the bounds.
   *
   * @throws IllegalArgumentException if a value is outside of them; one line that begins with the
   *     option's name
   */
  public void validate() {
    require(!algorithms.isEmpty(), "--token-algorithms must name at least one");
    requireText(issuer, "--token-issuer");
    requireText(type, "--token-type");
    audience.forEach(each -> requireText(each, "--token-audience"));
    require(!clockSkew.isNegative(), "--clock-skew must not be negative");
    requirePositive(keyRefresh, "--key-refresh");
    requirePositive(connectTimeout, "--jwks-connect-timeout");
    requirePositive(readTimeout, "--jwks-read-timeout");
  }

  private static void requireText(String text, String option) {
    require(text == null || !text.isBlank(), option + " must not be blank");
  }

  private static void requirePositive(Duration duration, String option) {
    require(duration.toMillis() > 0, option + " must be at least a millisecond");
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }

  /**
   * As the token check takes them.
   *
   * @param cacheSize verified tokens kept
   * @param jwksMaxAge how old saved keys may be to start with
   */
  public TokenSettings settings(int cacheSize, Duration jwksMaxAge) {
    return new TokenSettings(
        jwks,
        Set.copyOf(algorithms),
        cacheSize,
        clockSkew,
        keyRefresh,
        new ExpectedClaims(issuer, Set.copyOf(audience), type),
        connectTimeout,
        readTimeout,
        jwksMaxAge);
  }
}
