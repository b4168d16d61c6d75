package io.turnstile.systemtests.feeds;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.cli.Turnstile;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code ./turnstile feeds run} as a process of its own. */
final class FeedProcess implements AutoCloseable {

  private static final String ANNOUNCEMENT = "metrics at port ";
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private final Process process;
  private final int port;

  private FeedProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Starts one, and returns when it runs. */
  static FeedProcess start(Path file, String bootstrapServers, String prefix, String... more)
      throws IOException {
    return startWithHeap("128m", file, bootstrapServers, prefix, more);
  }

  /** The same with another heap, in Java's words. */
  static FeedProcess startWithHeap(
      String heap, Path file, String bootstrapServers, String prefix, String... more)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Turnstile.class.getName(),
                "feeds",
                "run",
                file.toString(),
                "--bootstrap-servers",
                bootstrapServers,
                "--topic-prefix",
                prefix,
                "--listen",
                "127.0.0.1:0"));
    command.addAll(List.of(more));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try {
      // Closing the reader would close the process's output.
      BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
      String line = out.readLine();
      assertThat(line).startsWith(ANNOUNCEMENT);
      return new FeedProcess(process, Integer.parseInt(line.substring(ANNOUNCEMENT.length())));
    } catch (IOException | RuntimeException | AssertionError e) {
      process.destroyForcibly();
      throw e;
    }
  }

  /** Returns whether it works for the feed {@code shop}. */
  boolean isWorking() throws IOException, InterruptedException {
    return metrics().contains("turnstile_feeds_working{feed=\"shop\"} 1.0");
  }

  /** What it tells Prometheus. */
  String metrics() throws IOException, InterruptedException {
    return CLIENT
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics")).build(),
            BodyHandlers.ofString())
        .body();
  }

  /** Sends a signal of this name. */
  void signal(String name) throws IOException, InterruptedException {
    assertThat(
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                .inheritIO()
                .start()
                .waitFor())
        .isZero();
  }

  /** Kills it, as a crash does. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
