package io.turnstile.bench.feeds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.testbed.Ports;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The Prometheus that is installed, with the project's own rules. It ends with this JVM, also when
 * that is killed.
 */
final class Prometheus implements AutoCloseable {

  private static final String PROGRAM = "prometheus";
  private static final Path RULES = Path.of("monitoring", "prometheus", "rules.yaml");
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  /** Ends it when standard input ends, as it does when this JVM does. */
  private static final String WITH_PARENT =
      "trap '' INT HUP TERM; \"$@\" & read -r end; kill -KILL $!; wait";

  /**
   * An alert that fires.
   *
   * @param name of the rule
   */
  record Alert(String name, String feed) {}

  private final Process process;
  private final URI alerts;

  private Prometheus(Process process, URI alerts) {
    this.process = process;
    this.alerts = alerts;
  }

  /**
   * Starts it; empty if it is not installed.
   *
   * @param target what it asks for metrics
   * @param directory for its files
   */
  static Optional<Prometheus> start(URI target, Path directory) throws IOException {
    if (!isInstalled()) {
      return Optional.empty();
    }
    Path rules = Path.of(System.getProperty("turnstile.home")).resolve(RULES).toAbsolutePath();
    Path config =
        Files.writeString(
            directory.resolve("prometheus.yaml"),
            """
            global: {scrape_interval: 5s, evaluation_interval: 15s}
            rule_files: ['%s']
            scrape_configs:
              - job_name: feeds
                static_configs: [{targets: ['%s'], labels: {namespace: bench}}]
            """
                .formatted(rules, target.getAuthority()));
    int port = new Ports().free();
    List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", WITH_PARENT, "sh", PROGRAM));
    command.add("--config.file=" + config);
    command.add("--storage.tsdb.path=" + directory.resolve("tsdb"));
    command.add("--web.listen-address=127.0.0.1:" + port);
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("prometheus.log").toFile())
            .start();
    return Optional.of(
        new Prometheus(process, URI.create("http://127.0.0.1:%d/api/v1/alerts".formatted(port))));
  }

  private static boolean isInstalled() {
    return Stream.of(System.getenv("PATH").split(":"))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, PROGRAM)));
  }

  /** The alerts of feeds that fire; none before it listens. */
  Set<Alert> firing() throws InterruptedException {
    try {
      return firing(
          CLIENT.send(HttpRequest.newBuilder(alerts).build(), BodyHandlers.ofString()).body());
    } catch (IOException e) {
      return Set.of();
    }
  }

  /** The same of an answer. */
  static Set<Alert> firing(String json) throws IOException {
    Set<Alert> firing = new HashSet<>();
    for (JsonNode alert : new ObjectMapper().readTree(json).at("/data/alerts")) {
      JsonNode labels = alert.path("labels");
      if (alert.path("state").asText().equals("firing") && labels.has("feed")) {
        firing.add(new Alert(labels.path("alertname").asText(), labels.path("feed").asText()));
      }
    }
    return firing;
  }

  @Override
  public void close() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      // It has ended, which is all that is wanted.
    }
    process.onExit().join();
  }
}
