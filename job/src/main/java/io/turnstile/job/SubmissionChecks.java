package io.turnstile.job;

import io.turnstile.clients.Topics;
import io.turnstile.decision.token.ExpectedClaims;
import io.turnstile.decision.token.TokenCheck;
import io.turnstile.job.options.InvalidConfigException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.AuthorizationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Checks for errors that can be found before the job runs. */
final class SubmissionChecks {

  private static final String TIMEOUT_MILLIS = "10000";
  private static final String MAX_TRANSACTION_TIMEOUT = "transaction.max.timeout.ms";

  private static final Logger LOG = LoggerFactory.getLogger(SubmissionChecks.class);

  private SubmissionChecks() {}

  /**
   * Checks that the token keys can be read, and topics and brokers are as the job needs them.
   *
   * @throws InvalidConfigException if not; one line that says what to do
   */
  static void run(JobConfig config) throws InvalidConfigException, InterruptedException {
    tokenWarning(config.tokens().expected()).ifPresent(LOG::warn);
    try {
      TokenCheck.open(config.tokens());
    } catch (IOException e) {
      throw new InvalidConfigException("--jwks: " + e.getMessage());
    } catch (IllegalArgumentException e) {
      throw new InvalidConfigException(e.getMessage());
    }
    Topics topics = new Topics(config.topics(), 1, config.lanes());
    if (config.trustProducerTime()) {
      topics = topics.trustingProducerTime();
    }
    Properties properties = config.clientProperties();
    properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, TIMEOUT_MILLIS);
    properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, TIMEOUT_MILLIS);
    List<String> problems;
    try (Admin admin = Admin.create(properties)) {
      problems = new ArrayList<>(topics.problems(admin));
      transactionTimeoutProblem(admin, config.transactionTimeout()).ifPresent(problems::add);
    } catch (ExecutionException e) {
      throw new InvalidConfigException(
          "Kafka at "
              + config.bootstrapServers()
              + " refuses or does not answer: "
              + e.getCause().getMessage()
              + (e.getCause() instanceof AuthorizationException
                  ? " Allow the job's principal Read and DescribeConfigs on all six topics"
                  : ""));
    } catch (KafkaException e) {
      throw new InvalidConfigException(
          "Kafka at " + config.bootstrapServers() + " cannot be used: " + rootMessage(e));
    }
    if (!problems.isEmpty()) {
      throw new InvalidConfigException(String.join("; ", problems));
    }
  }

  /** Tokens for other services that are accepted with these settings, or nothing. */
  static Optional<String> tokenWarning(ExpectedClaims expected) {
    List<String> absent = new ArrayList<>();
    if (expected.issuer() == null) {
      absent.add("--token-issuer");
    }
    if (expected.audiences().isEmpty()) {
      absent.add("--token-audience");
    }
    return absent.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "Without %s a token is accepted that the keys' owner signed for another service"
                .formatted(String.join(" and ", absent)));
  }

  /** A broker refuses it only when the first transaction is opened, again after every restart. */
  private static Optional<String> transactionTimeoutProblem(Admin admin, Duration timeout)
      throws ExecutionException, InterruptedException {
    List<ConfigResource> brokers =
        admin.describeCluster().nodes().get().stream()
            .map(node -> new ConfigResource(ConfigResource.Type.BROKER, node.idString()))
            .toList();
    Collection<Config> configs;
    try {
      configs = admin.describeConfigs(brokers).all().get().values();
    } catch (ExecutionException e) {
      // The job itself does not need the right to ask, and not every service answers.
      return Optional.empty();
    }
    long limit =
        configs.stream()
            .map(config -> config.get(MAX_TRANSACTION_TIMEOUT))
            .filter(Objects::nonNull)
            .mapToLong(entry -> Long.parseLong(entry.value()))
            .min()
            .orElse(Long.MAX_VALUE);
    return timeout.toMillis() <= limit
        ? Optional.empty()
        : Optional.of(
            "--transaction-timeout is %d ms, and %s of the brokers %d: lower the one or raise the other"
                .formatted(timeout.toMillis(), MAX_TRANSACTION_TIMEOUT, limit));
  }

  private static String rootMessage(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage();
  }
}
