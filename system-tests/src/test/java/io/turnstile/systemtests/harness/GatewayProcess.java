package io.turnstile.systemtests.harness;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.cli.Turnstile;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * {@code ./turnstile gateway} as a process of its own, on a free port of the loopback interface.
 */
public final class GatewayProcess implements AutoCloseable {

  private static final String ANNOUNCEMENT = "listening at ";

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final Process process;
  private final URI address;

  private GatewayProcess(Process process, URI address) {
    this.process = process;
    this.address = address;
  }

  /**
   * Starts one that waits long for verdicts, and returns when it listens.
   *
   * @param options behind those of the deployment
   */
  public static GatewayProcess start(Deployment turnstile, String... options) throws IOException {
    List<String> patient = new ArrayList<>(List.of("--answer-timeout", "30s"));
    patient.addAll(List.of(options));
    return start(turnstile, 0, List.of("-Xmx256m"), patient.toArray(String[]::new));
  }

  /**
   * Starts one at a port, with other options of the JVM.
   *
   * @param port 0 for a free one
   */
  public static GatewayProcess start(
      Deployment turnstile, int port, List<String> jvmOptions, String... options)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(jvmOptions);
    command.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Turnstile.class.getName(),
            "gateway"));
    command.addAll(
        List.of(
            "--bootstrap-servers",
            turnstile.testbed().bootstrapServers(),
            "--topic-prefix",
            turnstile.prefix(),
            "--jwks",
            turnstile.jwks().toString(),
            "--listen",
            "127.0.0.1:" + port,
            "--drain",
            "0s"));
    command.addAll(turnstile.databaseOptions());
    command.addAll(List.of(options));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try {
      return new GatewayProcess(process, address(process));
    } catch (IOException | RuntimeException | AssertionError e) {
      process.destroyForcibly();
      throw e;
    }
  }

  // Closing the reader would close the process's output.
  private static URI address(Process process) throws IOException {
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String line = out.readLine();
    assertThat(line).startsWith(ANNOUNCEMENT);
    return URI.create(line.substring(ANNOUNCEMENT.length()));
  }

  /** As {@code http://127.0.0.1:PORT}. */
  public URI address() {
    return address;
  }

  /**
   * Asks it.
   *
   * @param token null for none
   */
  public HttpResponse<String> get(String path, String token)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(address.resolve(path)).GET();
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    return CLIENT.send(request.build(), BodyHandlers.ofString());
  }

  /**
   * Sends a transaction.
   *
   * @param body its JSON
   */
  public HttpResponse<String> post(String body, String token)
      throws IOException, InterruptedException {
    return CLIENT.send(
        HttpRequest.newBuilder(address.resolve("/v1/transactions"))
            .header("Content-Type", "application/json")
            .header("Authorization", "Bearer " + token)
            .timeout(Duration.ofMinutes(1))
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  /** Kills it, as a crash does. */
  public void kill() throws InterruptedException {
    assertThat(process.isAlive()).as("the gateway still runs").isTrue();
    process.destroyForcibly().waitFor();
  }

  /** Asks it to end, and returns its exit code: 143 after SIGTERM. */
  public int stop() throws InterruptedException {
    process.destroy();
    assertThat(process.waitFor(Deployment.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
