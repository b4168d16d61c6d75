package io.turnstile.gateway;

import io.turnstile.gateway.http.HttpSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** Options of the server. */
final class HttpOptions {

  private static final Pattern ADDRESS = Pattern.compile("(\\[[0-9a-fA-F:]+]|[^:]+):(\\d{1,5})");
  private static final int MAX_PORT = 65_535;

  /** All bodies together take at most one part in so many of the heap. */
  private static final int BODIES_OF_HEAP = 4;

  // One option and not two: platforms set TURNSTILE_PORT themselves, to something else.
  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      defaultValue = "0.0.0.0:8080",
      description = "Address to listen at, port 0 for a free one (default: ${DEFAULT-VALUE}).")
  private String listen;

  @Option(
      names = "--tls-certificate",
      paramLabel = "FILE",
      description =
          "PEM file of the server's certificate and those between it and its authority; without it"
              + " there is no TLS.")
  private Path tlsCertificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description = "PEM file of its private key: PKCS#8, not encrypted.")
  private Path tlsKey;

  @Option(
      names = "--event-loops",
      paramLabel = "N",
      description = "Threads that answer; default: as many as there are processors.")
  private Integer eventLoops;

  @Option(
      names = "--max-connections",
      paramLabel = "N",
      defaultValue = "10000",
      description = "Connections open at a time; more are closed (default: ${DEFAULT-VALUE}).")
  private int maxConnections;

  @Option(
      names = "--max-in-flight",
      paramLabel = "N",
      defaultValue = "4000",
      description =
          "Requests in flight; more are answered 503 at once (default: ${DEFAULT-VALUE}).")
  private int maxInFlight;

  @Option(
      names = "--max-header-bytes",
      paramLabel = "N",
      defaultValue = "16384",
      description = "Headers of a request in all; more are 431 (default: ${DEFAULT-VALUE}).")
  private int maxHeaderBytes;

  @Option(
      names = "--request-timeout",
      paramLabel = "DURATION",
      defaultValue = "10s",
      description =
          "How long the first head on a connection may take, and each body"
              + " (default: ${DEFAULT-VALUE}).")
  private Duration requestTimeout;

  @Option(
      names = "--idle-timeout",
      paramLabel = "DURATION",
      defaultValue = "1min",
      description = "How long after an answer the next head may take (default: ${DEFAULT-VALUE}).")
  private Duration idleTimeout;

  @Option(
      names = "--answer-timeout",
      paramLabel = "DURATION",
      defaultValue = "10s",
      description =
          "When a transaction without a verdict is answered 202; more than the job's"
              + " --product-wait (default: ${DEFAULT-VALUE}).")
  private Duration answerTimeout;

  @Option(
      names = "--drain",
      paramLabel = "DURATION",
      defaultValue = "5s",
      description =
          "At the end: how long to take requests while saying not ready"
              + " (default: ${DEFAULT-VALUE}).")
  private Duration drain;

  Duration answerTimeout() {
    return answerTimeout;
  }

  /**
   * As the server takes them.
   *
   * @throws IllegalArgumentException with a one-line message if one is out of bounds
   * @throws IOException if a file cannot be read
   */
  HttpSettings settings() throws IOException {
    Matcher address = ADDRESS.matcher(listen);
    if (!address.matches() || Integer.parseInt(address.group(2)) > MAX_PORT) {
      throw new IllegalArgumentException("--listen must be HOST:PORT, as in 0.0.0.0:8080");
    }
    if ((tlsCertificate == null) != (tlsKey == null)) {
      throw new IllegalArgumentException("--tls-certificate and --tls-key go together");
    }
    int loops = eventLoops == null ? Runtime.getRuntime().availableProcessors() : eventLoops;
    requirePositive("--event-loops", loops);
    requirePositive("--max-connections", maxConnections);
    requirePositive("--max-in-flight", maxInFlight);
    requirePositive("--max-header-bytes", maxHeaderBytes);
    requirePositive("--request-timeout", requestTimeout.toMillis());
    requirePositive("--idle-timeout", idleTimeout.toMillis());
    requirePositive("--answer-timeout", answerTimeout.toMillis());
    return new HttpSettings(
        address.group(1).replaceAll("[\\[\\]]", ""),
        Integer.parseInt(address.group(2)),
        tlsKey == null
            ? null
            : new HttpSettings.Tls(Files.readString(tlsCertificate), Files.readString(tlsKey)),
        loops,
        maxConnections,
        maxInFlight,
        Runtime.getRuntime().maxMemory() / BODIES_OF_HEAP,
        maxHeaderBytes,
        requestTimeout,
        idleTimeout,
        answerTimeout,
        drain);
  }

  static void requirePositive(String option, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(option + " must be at least 1");
    }
  }
}
