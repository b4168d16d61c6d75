package io.turnstile.job;

import io.turnstile.events.Topics;
import io.turnstile.job.JobConfig.InvalidConfigException;
import io.turnstile.job.token.TokenCheck;
import java.io.IOException;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;

/** What can be found wrong before the job runs. */
final class SubmissionChecks {

  private static final String TIMEOUT_MILLIS = "10000";

  private SubmissionChecks() {}

  /**
   * Checks that the token keys can be read and the topics are as the job needs them.
   *
   * @throws InvalidConfigException if not; one line that says what to do
   */
  static void run(JobConfig config) throws InvalidConfigException, InterruptedException {
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
      problems = topics.problems(admin);
    } catch (ExecutionException e) {
      throw new InvalidConfigException(
          "Kafka at "
              + config.bootstrapServers()
              + " refuses or does not answer: "
              + e.getCause().getMessage());
    } catch (KafkaException e) {
      throw new InvalidConfigException(
          "Kafka at " + config.bootstrapServers() + " cannot be used: " + rootMessage(e));
    }
    if (!problems.isEmpty()) {
      throw new InvalidConfigException(String.join("; ", problems));
    }
  }

  private static String rootMessage(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage();
  }
}
