package io.turnstile.systemtests.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A client of gateways as a process of its own: {@link SteadyClient}. */
final class ClientProcess implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private final Process process;

  private ClientProcess(Process process) {
    this.process = process;
  }

  /**
   * Starts one and does not wait.
   *
   * @param ledger of this client, which it continues
   */
  static ClientProcess start(Path signingKey, Path ledger, List<URI> gateways) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                SteadyClient.class.getName(),
                signingKey.toString(),
                ledger.toString()));
    gateways.forEach(gateway -> command.add(gateway.toString()));
    return new ClientProcess(
        new ProcessBuilder(command)
            .redirectOutput(Redirect.DISCARD)
            .redirectError(Redirect.INHERIT)
            .start());
  }

  /** Kills it, as a crash does. */
  void kill() throws InterruptedException {
    assertThat(process.isAlive()).as("the client still asks").isTrue();
    process.destroyForcibly().waitFor();
  }

  /** Lets it ask nothing new and returns when it has all answers. */
  void finish() throws IOException, InterruptedException {
    process.getOutputStream().close();
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
