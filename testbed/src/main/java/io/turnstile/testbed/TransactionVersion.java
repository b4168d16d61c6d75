package io.turnstile.testbed;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.FinalizedVersionRange;

/** The version of Kafka's transaction protocol that a broker runs. */
public final class TransactionVersion {
  private static final String FEATURE = "transaction.version";
  private static final short REQUIRED = 2;

  private TransactionVersion() {}

  /**
   * Checks that a broker runs version 2: without it, a transaction of a zombie may get into its
   * successor's unnoticed.
   *
   * @param timeout for the broker's answer
   * @throws TestbedException if it runs an older one or does not answer
   */
  public static void require(String bootstrapServers, Duration timeout) {
    int timeoutMs = (int) timeout.toMillis();
    Map<String, Object> client =
        Map.of(
            AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG,
            bootstrapServers,
            AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
            timeoutMs);
    try (Admin admin = Admin.create(client)) {
      FinalizedVersionRange version =
          admin
              .describeFeatures()
              .featureMetadata()
              .get(timeoutMs, TimeUnit.MILLISECONDS)
              .finalizedFeatures()
              .get(FEATURE);
      if (version == null || version.maxVersionLevel() < REQUIRED) {
        throw new TestbedException(
            "the broker has %s %s, needed is %d".formatted(FEATURE, version, REQUIRED));
      }
    } catch (ExecutionException | TimeoutException e) {
      throw new TestbedException("the broker does not answer: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TestbedException("interrupted while starting the broker", e);
    }
  }
}
