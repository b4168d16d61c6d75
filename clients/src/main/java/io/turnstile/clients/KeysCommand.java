package io.turnstile.clients;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Makes what tokens are signed and checked with, to try Turnstile. */
@Command(
    name = "keys",
    description = "Makes a new ES256 key to sign tokens, and the JWKS for the job to check them.",
    mixinStandardHelpOptions = true)
public final class KeysCommand implements Callable<Integer> {

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
  public Integer call() throws IOException {
    try {
      TokenSigner.generateKey(signingKey, jwks);
      return spec.exitCodeOnSuccess();
    } catch (NoSuchFileException e) {
      throw usage("no such file or directory: " + e.getFile(), e);
    } catch (FileAlreadyExistsException e) {
      throw usage(e.getFile() + " exists already and is left as it is", e);
    }
  }

  private ParameterException usage(String message, Exception cause) {
    return new ParameterException(spec.commandLine(), message, cause);
  }
}
