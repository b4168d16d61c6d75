package io.turnstile.job.options;

import static io.turnstile.job.options.Bounds.require;

import io.turnstile.decision.token.TokenCheckOptions;
import io.turnstile.decision.token.TokenSettings;
import java.time.Duration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Requirements for tokens, the location of their keys, and what the job keeps of both. */
public final class TokenOptions {

  @Mixin private TokenCheckOptions check;

  @Option(names = "--token-cache-size", description = "Verified tokens kept, per subtask")
  private int tokenCacheSize = 100_000;

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
    try {
      check.validate();
    } catch (IllegalArgumentException e) {
      throw new InvalidConfigException(e.getMessage());
    }
    require(tokenCacheSize >= 0, "--token-cache-size must not be negative");
    require(!jwksMaxAge.isNegative(), "--jwks-max-age must not be negative");
  }

  /** As the token check takes them. */
  public TokenSettings settings() {
    return check.settings(tokenCacheSize, jwksMaxAge);
  }
}
