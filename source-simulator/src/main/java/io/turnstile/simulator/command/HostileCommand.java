package io.turnstile.simulator.command;

import io.turnstile.clients.DurationConverter;
import io.turnstile.clients.KafkaOptions;
import io.turnstile.clients.Screen;
import io.turnstile.clients.TokenClaimOptions;
import io.turnstile.clients.TokenSigner;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.hostile.HostileClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code simulate hostile}: what somebody sends who means harm. */
@Command(
    name = "hostile",
    description = {
      "Sends what does harm if it can, one attack after the other, beside whatever else is sent.",
      "Prints when each began and ended. Exit code 0 only if every record of them has exactly one",
      "verdict, and the right one. Not for topics that anybody needs."
    },
    mixinStandardHelpOptions = true)
final class HostileCommand implements Callable<Integer> {

  @Mixin private KafkaOptions kafka;

  @Option(
      names = "--signing-key",
      required = true,
      paramLabel = "FILE",
      description = "Private JWK that signs tokens; see 'keys'.")
  private Path signingKey;

  @Mixin private TokenClaimOptions claims;

  @Option(
      names = "--duration",
      converter = DurationConverter.class,
      defaultValue = "10m",
      paramLabel = "DURATION",
      description = "Begins no attack after that (default: ${DEFAULT-VALUE}).")
  private Duration duration;

  @Option(
      names = "--pause",
      converter = DurationConverter.class,
      defaultValue = "5s",
      paramLabel = "DURATION",
      description = "Between two attacks, which take 10 s each (default: ${DEFAULT-VALUE}).")
  private Duration pause;

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "Same seed, same order of attacks (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    return RunOptions.reporting(
        spec,
        () -> {
          Screen screen = Screen.of(spec.commandLine().getOut());
          HostileClient client =
              new HostileClient(
                  KafkaConnection.of(kafka),
                  TokenSigner.readKey(signingKey),
                  claims.claims(),
                  seed,
                  line -> screen.line("%s", line));
          return client.run(duration, pause)
              ? spec.exitCodeOnSuccess()
              : spec.exitCodeOnExecutionException();
        });
  }
}
