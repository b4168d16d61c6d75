package io.turnstile.testbed;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code ./turnstile feeds run} as a process of its own, beside a testbed's Kafka. */
public record FeedProcess(CommandProcess command) implements AutoCloseable {

  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  /**
   * Starts one, and returns when it runs.
   *
   * @param heap of its JVM, as {@code 128m}
   * @param file of feeds
   * @param options further ones
   */
  public static FeedProcess start(Testbed testbed, String heap, Path file, String... options) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "feeds",
                "run",
                file.toAbsolutePath().toString(),
                "--bootstrap-servers",
                testbed.bootstrapServers(),
                "--listen",
                "127.0.0.1:0"));
    arguments.addAll(List.of(options));
    return new FeedProcess(
        CommandProcess.start(
            testbed, List.of("-Xmx" + heap, "-XX:+UseSerialGC"), "metrics at port ", arguments));
  }

  /** What it is in the testbed. */
  public TestbedProcess process() {
    return command.process();
  }

  /** Where it answers Prometheus. */
  public URI metricsAddress() {
    return URI.create("http://127.0.0.1:" + command.announced() + "/metrics");
  }

  /** What it tells Prometheus. */
  public String metrics() throws IOException, InterruptedException {
    return CLIENT
        .send(HttpRequest.newBuilder(metricsAddress()).build(), BodyHandlers.ofString())
        .body();
  }

  /** Returns whether it works for a feed. */
  public boolean isWorking(String feed) throws IOException, InterruptedException {
    return metrics().contains("turnstile_feeds_working{feed=\"%s\"} 1.0".formatted(feed));
  }

  /** Kills it (SIGKILL), as a crash does. */
  public void kill() {
    command.testbed().kill(process());
  }

  /** Kills it if it still lives. */
  @Override
  public void close() {
    if (command.isAlive()) {
      kill();
    }
  }
}
