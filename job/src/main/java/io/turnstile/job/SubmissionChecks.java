package io.turnstile.job;

import io.turnstile.clients.ClusterProblem;
import io.turnstile.clients.Generation;
import io.turnstile.clients.KafkaSettings;
import io.turnstile.clients.OwnersTopic;
import io.turnstile.clients.ReferenceSpec;
import io.turnstile.clients.Topics;
import io.turnstile.decision.token.ExpectedClaims;
import io.turnstile.decision.token.TokenCheck;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.job.commit.journal.JournalException;
import io.turnstile.job.commit.journal.postgresql.PostgresqlJournal;
import io.turnstile.job.options.InvalidConfigException;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import org.apache.flink.configuration.HighAvailabilityOptions;
import org.apache.flink.configuration.PipelineOptionsInternal;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.state.filesystem.AbstractFsCheckpointStorageAccess;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.errors.AuthorizationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks for errors that can be found before the job runs. In application mode they run again
 * whenever a JobManager is lost: what the running job can do without must not keep it down then.
 */
final class SubmissionChecks {

  private static final String TIMEOUT_MILLIS = "10000";
  private static final Duration OWNERS_TIMEOUT = Duration.ofSeconds(10);
  private static final String NO_HIGH_AVAILABILITY = "NONE";
  private static final String MAX_TRANSACTION_TIMEOUT = "transaction.max.timeout.ms";

  private static final Logger LOG = LoggerFactory.getLogger(SubmissionChecks.class);

  private SubmissionChecks() {}

  /**
   * Checks that the checkpoint to start from is whole, the token keys can be read, and topics and
   * brokers are as the job needs them. Where the job {@linkplain #mayHaveRunBefore may have run
   * before}, keys that cannot be read and {@linkplain ClusterProblem#tolerable tolerable} settings
   * are a warning only.
   *
   * @param flink as {@code main} sees it
   * @throws InvalidConfigException if not; one line that says what to do
   */
  static void run(JobConfig config, ReadableConfig flink)
      throws InvalidConfigException, InterruptedException {
    boolean mayHaveRunBefore = mayHaveRunBefore(flink);
    checkStart(flink);
    tokenWarning(config.tokens().expected()).ifPresent(LOG::warn);
    checkKeys(config.tokens(), mayHaveRunBefore);
    Topics topics =
        new Topics(config.topics(), 1, config.lanes())
            .withReferences(config.references().stream().map(ReferenceSpec::topic).toList());
    if (config.trustProducerTime()) {
      topics = topics.trustingProducerTime();
    }
    if (!config.toVerdictTopics()) {
      topics = topics.withoutVerdicts();
      checkDatabase(config, mayHaveRunBefore);
    }
    Properties properties = config.clientProperties();
    properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, TIMEOUT_MILLIS);
    properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, TIMEOUT_MILLIS);
    List<ClusterProblem> problems;
    try (Admin admin = Admin.create(properties)) {
      problems = new ArrayList<>(topics.problems(admin));
      if (config.toVerdictTopics()) {
        transactionTimeoutProblem(admin, config.transactionTimeout()).ifPresent(problems::add);
      }
    } catch (ExecutionException e) {
      throw new InvalidConfigException(
          "Kafka at "
              + config.bootstrapServers()
              + " refuses or does not answer: "
              + e.getCause().getMessage()
              + (e.getCause() instanceof AuthorizationException
                  ? " Allow the job's principal Read and DescribeConfigs on all topics of it"
                  : ""));
    } catch (KafkaException e) {
      throw new InvalidConfigException(
          "Kafka at " + config.bootstrapServers() + " cannot be used: " + rootMessage(e));
    }
    refuse(problems, mayHaveRunBefore);
    if (config.journal().generation() != null) {
      checkGeneration(config, properties, flink);
    }
  }

  /** Creates the owners topic if there is none; refuses a number that is not above the owner's. */
  private static void checkGeneration(JobConfig config, Properties properties, ReadableConfig flink)
      throws InvalidConfigException, InterruptedException {
    String topic = config.topics().owners();
    Map<Integer, Generation> owners;
    try (Admin admin = Admin.create(properties)) {
      OwnersTopic.create(admin, topic, config.lanes());
      owners = OwnersTopic.read(config.clientProperties(), topic, OWNERS_TIMEOUT);
    } catch (ExecutionException | KafkaException | IllegalArgumentException e) {
      throw new InvalidConfigException(
          "--generation needs topic "
              + topic
              + ", which cannot be created and read: "
              + rootMessage(e)
              + ". Create it with one partition for each lane and cleanup.policy=compact, and allow"
              + " the job's principal Read and Write");
    }
    // The id that a restart of the JobManager gives the job again; a new job gets a new one.
    String jobId = flink.getOptional(PipelineOptionsInternal.PIPELINE_FIXED_JOB_ID).orElse("new");
    requireAbove(new Generation(config.journal().generation(), jobId), owners.values());
  }

  /** Refuses a generation that is not above an owner, unless that is the same job. */
  static void requireAbove(Generation mine, Collection<Generation> owners)
      throws InvalidConfigException {
    for (Generation owner : owners) {
      if (mine.isNotAbove(owner)) {
        throw new InvalidConfigException(
            "--generation is "
                + mine.number()
                + ", and generation "
                + owner.number()
                + " (job "
                + owner.job()
                + ") is the owner: give a number above it");
      }
    }
  }

  /** Returns whether Flink may restore the job's state: a first start looks the same then. */
  static boolean mayHaveRunBefore(ReadableConfig flink) {
    return isHighlyAvailable(flink)
        || flink.getOptional(StateRecoveryOptions.SAVEPOINT_PATH).isPresent();
  }

  private static boolean isHighlyAvailable(ReadableConfig flink) {
    return !flink.get(HighAvailabilityOptions.HA_MODE).equalsIgnoreCase(NO_HIGH_AVAILABILITY);
  }

  /**
   * Refuses a checkpoint or savepoint that was cut off: Flink itself would say {@code EOFException}
   * and no more. With high availability that is a warning only, for the job may have newer ones by
   * now. All else Flink says better; and the client that submits the job need not reach it.
   */
  static void checkStart(ReadableConfig flink) throws InvalidConfigException {
    Optional<String> start = flink.getOptional(StateRecoveryOptions.SAVEPOINT_PATH);
    if (start.isEmpty() || isWhole(start.get())) {
      return;
    }
    String problem =
        "the checkpoint or savepoint "
            + start.get()
            + " is not whole: its _metadata ends too soon; start from another one";
    if (!isHighlyAvailable(flink)) {
      throw new InvalidConfigException(problem);
    }
    LOG.warn("A new job would be refused: {}", problem);
  }

  private static boolean isWhole(String pointer) {
    try (DataInputStream metadata =
        new DataInputStream(
            new BufferedInputStream(
                AbstractFsCheckpointStorageAccess.resolveCheckpointPointer(pointer)
                    .getMetadataHandle()
                    .openInputStream()))) {
      return isWhole(metadata, pointer);
    } catch (IOException | RuntimeException e) {
      return true;
    }
  }

  /** What cannot be read for another reason than its end has bytes left. */
  private static boolean isWhole(DataInputStream metadata, String pointer) throws IOException {
    try {
      Checkpoints.loadCheckpointMetadata(
          metadata, SubmissionChecks.class.getClassLoader(), pointer);
      return true;
    } catch (IOException | RuntimeException e) {
      return metadata.read() >= 0;
    }
  }

  /** A restart has the keys of the checkpoint, and decides by their age. */
  static void checkKeys(TokenSettings tokens, boolean mayHaveRunBefore)
      throws InvalidConfigException {
    try {
      TokenCheck.open(tokens);
    } catch (IOException e) {
      String problem = "--jwks: " + e.getMessage();
      if (!mayHaveRunBefore) {
        throw new InvalidConfigException(problem);
      }
      LOG.warn("Only the keys of a checkpoint can be used: {}", problem);
    } catch (IllegalArgumentException e) {
      throw new InvalidConfigException(e.getMessage());
    }
  }

  /** A restart waits for a database that is away, as it waits for one that goes away later. */
  private static void checkDatabase(JobConfig config, boolean mayHaveRunBefore)
      throws InvalidConfigException {
    try {
      PostgresqlJournal.check(config.postgresqlJournal(), config.lanes());
    } catch (JournalException.Refused e) {
      throw new InvalidConfigException(e.getMessage());
    } catch (JournalException e) {
      if (!mayHaveRunBefore) {
        throw new InvalidConfigException(e.getMessage());
      }
      LOG.warn("A new job would be refused: {}", e.getMessage());
    }
  }

  /** A restart is not refused for a setting that the running job did without. */
  static void refuse(List<ClusterProblem> problems, boolean mayHaveRunBefore)
      throws InvalidConfigException {
    List<String> fatal = new ArrayList<>();
    for (ClusterProblem problem : problems) {
      if (mayHaveRunBefore && problem.tolerable()) {
        LOG.warn("A new job would be refused: {}", problem.text());
      } else {
        fatal.add(problem.text());
      }
    }
    if (!fatal.isEmpty()) {
      throw new InvalidConfigException(String.join("; ", fatal));
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
  private static Optional<ClusterProblem> transactionTimeoutProblem(Admin admin, Duration timeout)
      throws ExecutionException, InterruptedException {
    Collection<Node> brokers = admin.describeCluster().nodes().get();
    long limit =
        KafkaSettings.leastOfBrokers(admin, brokers, MAX_TRANSACTION_TIMEOUT)
            .get()
            .orElse(Long.MAX_VALUE);
    return timeout.toMillis() <= limit
        ? Optional.empty()
        : Optional.of(
            new ClusterProblem(
                "--transaction-timeout is "
                    + timeout.toMillis()
                    + " ms, and "
                    + MAX_TRANSACTION_TIMEOUT
                    + " of the brokers "
                    + limit
                    + ": lower the one or raise the other",
                false));
  }

  private static String rootMessage(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage();
  }
}
