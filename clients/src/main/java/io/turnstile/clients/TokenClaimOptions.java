package io.turnstile.clients;

import picocli.CommandLine.Option;

/** Claims of signed tokens, for a job that has the options of the same names. */
public final class TokenClaimOptions {

  @Option(names = "--token-issuer", paramLabel = "ISS", description = "The tokens' iss.")
  private String issuer;

  @Option(names = "--token-audience", paramLabel = "AUD", description = "The tokens' aud.")
  private String audience;

  @Option(names = "--token-type", paramLabel = "TYP", description = "typ in the tokens' header.")
  private String type;

  /** As given; nothing where nothing was. */
  public TokenClaims claims() {
    return new TokenClaims(issuer, audience, type);
  }
}
