package io.turnstile.bench.http;

import io.turnstile.bench.engine.Deployment;
import io.turnstile.clients.Await;
import io.turnstile.clients.TopicOptions;
import io.turnstile.testbed.CommandProcess;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedException;
import io.turnstile.testbed.TestbedProcess;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * A gateway on the testbed of a deployment; it ends with that.
 *
 * @param address as {@code http://127.0.0.1:8080}
 * @param webhookSecrets file of the secret that webhooks are signed with
 */
public record LocalGateway(TestbedProcess process, URI address, Path webhookSecrets) {

  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final int POLL_TIMEOUT_MILLIS = 5_000;

  /** Loads have forged and expired tokens on purpose, all in one bucket: more than a shop has. */
  private static final String UNPROVEN_PER_SECOND = "2000";

  /**
   * Starts one, and returns when it reads verdicts.
   *
   * @param port 0 for a free one
   */
  public static LocalGateway start(Deployment deployment, int port) throws IOException {
    Testbed testbed = deployment.testbed();
    Path secrets = deployment.signingKey().resolveSibling("webhook-secrets");
    if (!Files.exists(secrets)) {
      Files.createFile(
          secrets,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(secrets, UUID.randomUUID().toString() + UUID.randomUUID() + "\n");
    }
    List<String> arguments =
        new ArrayList<>(List.of("gateway", "--bootstrap-servers", testbed.bootstrapServers()));
    arguments.addAll(TopicOptions.arguments(deployment.kafka().topics()));
    arguments.addAll(
        List.of(
            "--jwks",
            deployment.signingKey().resolveSibling("jwks.json").toString(),
            "--listen",
            "127.0.0.1:" + port,
            "--webhook-secrets",
            secrets.toString(),
            "--unproven-rate",
            UNPROVEN_PER_SECOND,
            "--drain",
            "0s"));
    CommandProcess started =
        CommandProcess.start(testbed, List.of("-Xmx512m"), "listening at ", arguments);
    URI address = URI.create(started.announced());
    Await.until(
        PATIENCE,
        () -> {
          if (!started.isAlive()) {
            throw notReady(testbed, started);
          }
          return isReady(address);
        },
        () -> notReady(testbed, started));
    return new LocalGateway(started.process(), address, secrets);
  }

  private static TestbedException notReady(Testbed testbed, CommandProcess started) {
    return new TestbedException(
        "the gateway is not ready; its log is "
            + testbed.logs().resolve(started.process() + ".log"));
  }

  private static boolean isReady(URI address) {
    try {
      HttpURLConnection connection =
          (HttpURLConnection) address.resolve("/readyz").toURL().openConnection();
      connection.setConnectTimeout(POLL_TIMEOUT_MILLIS);
      connection.setReadTimeout(POLL_TIMEOUT_MILLIS);
      return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
    } catch (IOException e) {
      return false;
    }
  }
}
