package io.turnstile.simulator.command;

import io.turnstile.clients.DurationConverter;
import io.turnstile.clients.TokenClaimOptions;
import io.turnstile.simulator.TokenIssuer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options for making the customers' tokens. */
final class TokenOptions {

  @Option(
      names = "--signing-key",
      required = true,
      paramLabel = "FILE",
      description = "Private JWK that signs the tokens; see 'keys'.")
  private Path signingKey;

  @Option(
      names = "--token-lifetime",
      converter = DurationConverter.class,
      defaultValue = "5m",
      paramLabel = "DURATION",
      description = "From issue to expiry (default: ${DEFAULT-VALUE}).")
  private Duration lifetime;

  @Mixin private TokenClaimOptions claims;

  TokenIssuer issuer() throws IOException {
    return TokenIssuer.load(signingKey, lifetime, claims.claims());
  }
}
