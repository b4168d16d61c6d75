package io.turnstile.simulator.command;

import io.turnstile.simulator.TokenIssuer;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code simulate keys}: what tokens are signed and checked with. */
@Command(
    name = "keys",
    description = "Makes a new ES256 key to sign tokens, and the JWKS for the job to check them.",
    mixinStandardHelpOptions = true)
final class KeysCommand implements Callable<Integer> {

  @Option(
      names = "--signing-key",
      required = true,
      paramLabel = "FILE",
      description = "Gets the private JWK; must not exist yet.")
  private Path signingKey;

  @Option(
      names = "--jwks",
      required = true,
      paramLabel = "FILE",
      description = "Gets the JWKS with the public key; must not exist yet.")
  private Path jwks;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    return RunOptions.reporting(
        spec,
        () -> {
          TokenIssuer.generate(signingKey, jwks);
          return spec.exitCodeOnSuccess();
        });
  }
}
