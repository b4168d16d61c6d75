package io.turnstile.testbed;

import io.turnstile.clients.JobSubmission;
import io.turnstile.clients.TopicOptions;
import io.turnstile.clients.Topics;
import io.turnstile.clients.postgresql.PostgresqlSource;
import io.turnstile.events.TopicNames;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;

/**
 * One deployment of this project's job on a started testbed: its topics, and the job that it runs
 * now. Several deployments can share a testbed, each behind a topic prefix of its own. Not
 * thread-safe, but any thread may ask for the job's id.
 */
public final class TurnstileDeployment {

  /** As many copies of a topic as the testbed's brokers keep. */
  private static final short BROKERS_DEFAULT = -1;

  /** The job's. */
  private static final String DEFAULT_GROUP = "turnstile";

  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration ANSWER = Duration.ofMinutes(1);

  private final Testbed testbed;
  private final TopicNames topics;
  private final String groupId;
  private final int lanes;
  private final String jwks;
  private volatile String jobId;
  private String database;

  /**
   * Creates nothing yet.
   *
   * @param prefix of the topics and of the consumer group; empty for the default names
   * @param lanes partitions of every topic
   * @param jwks the keys to check tokens with: the absolute path of a file that the testbed's jobs
   *     can read, or a URL; they must be there when the job is submitted
   */
  public TurnstileDeployment(Testbed testbed, String prefix, int lanes, String jwks) {
    this(testbed, TopicNames.withPrefix(prefix), prefix + DEFAULT_GROUP, lanes, jwks);
  }

  /** The same, with topics of any names, and the job's usual consumer group. */
  public TurnstileDeployment(Testbed testbed, TopicNames topics, int lanes, String jwks) {
    this(testbed, topics, DEFAULT_GROUP, lanes, jwks);
  }

  private TurnstileDeployment(
      Testbed testbed, TopicNames topics, String groupId, int lanes, String jwks) {
    this.testbed = testbed;
    this.topics = topics;
    this.groupId = groupId;
    this.lanes = lanes;
    this.jwks = jwks;
  }

  public Testbed testbed() {
    return testbed;
  }

  public TopicNames topics() {
    return topics;
  }

  /** The group in whose name the job stores what it has read. */
  public String groupId() {
    return groupId;
  }

  public String jwks() {
    return jwks;
  }

  /** A client to administer the brokers, for the caller to close. */
  public Admin admin() {
    return Admin.create(
        Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, testbed.bootstrapServers()));
  }

  /**
   * Creates the topics that do not exist yet, and waits until they can be written to.
   *
   * @throws ExecutionException if the brokers refuse
   */
  public void createTopics() throws ExecutionException, InterruptedException {
    try (Admin admin = admin()) {
      new Topics(topics, lanes, lanes).create(admin, BROKERS_DEFAULT);
    }
  }

  /**
   * Creates the topics of a job's named references, if it has any.
   *
   * @throws TestbedException if the brokers refuse
   */
  public void createReferenceTopics(JobAdditions additions) {
    if (additions.references().isEmpty()) {
      return;
    }
    try (Admin admin = admin()) {
      new Topics(topics, lanes, lanes)
          .withReferences(additions.topics())
          .create(admin, BROKERS_DEFAULT);
    } catch (ExecutionException e) {
      throw new TestbedException("Kafka refuses the topics of references", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TestbedException("interrupted while creating the topics of references", e);
    }
  }

  /**
   * Makes a journal in the testbed's PostgreSQL, for the verdicts of the jobs submitted from now
   * on.
   *
   * @throws SQLException if PostgreSQL refuses
   */
  public void createJournal() throws SQLException {
    Path password = passwordFile(testbed);
    try {
      if (!Files.exists(password)) {
        Files.writeString(password, DatabaseServer.JOB_PASSWORD);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    database = testbed.database().createJournal();
  }

  /** The file from which jobs and readers take the password for PostgreSQL. */
  public static Path passwordFile(Testbed testbed) {
    return testbed.files().resolve("postgresql-password");
  }

  /** Where the verdicts are in PostgreSQL; null if they are in the verdict topics. */
  public PostgresqlSource database() {
    return database == null
        ? null
        : new PostgresqlSource(
                testbed.database().url(database), DatabaseServer.JOB_USER, passwordFile(testbed))
            .limited(CONNECT, ANSWER);
  }

  /** Options of the job and of commands that say so; none if they are in the verdict topics. */
  public List<String> databaseOptions() {
    return database == null
        ? List.of()
        : List.of(
            "--jdbc-url",
            testbed.database().url(database),
            "--jdbc-user",
            DatabaseServer.JOB_USER,
            "--jdbc-password-file",
            passwordFile(testbed).toString());
  }

  /** Runs statements as superuser in the database of the verdicts. */
  public void executeInDatabase(String... statements) throws SQLException {
    try (Connection connection = testbed.database().connect(database);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /**
   * The job as its build left it, with the addresses, topics, keys and lanes of this deployment.
   *
   * @param furtherArguments behind these
   */
  public JobSubmission submission(List<String> furtherArguments) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--bootstrap-servers", testbed.bootstrapServersForJobs()));
    arguments.addAll(TopicOptions.arguments(topics));
    if (!groupId.equals(DEFAULT_GROUP)) {
      arguments.addAll(List.of("--group-id", groupId));
    }
    arguments.addAll(List.of("--jwks", jwks));
    arguments.addAll(List.of("--lanes", Integer.toString(lanes)));
    if (database != null) {
      arguments.addAll(List.of("--journal-store", "postgresql"));
      arguments.addAll(databaseOptions());
    }
    arguments.addAll(furtherArguments);
    return Distribution.turnstileJob(arguments);
  }

  /**
   * Submits the job and does not wait until it runs.
   *
   * @throws io.turnstile.clients.JobRejectedException if the job refuses its arguments
   */
  public void start(JobSubmission submission) {
    jobId = testbed.flink().submit(submission);
  }

  /**
   * Submits the job and waits until all its tasks run.
   *
   * @throws io.turnstile.clients.FlinkRestException if it ends, or does not run in time
   */
  public void start(JobSubmission submission, Duration timeout) {
    start(submission);
    testbed.flink().awaitRunning(jobId, timeout);
  }

  /** Another job has taken the place of the one that was submitted last. */
  public void replacedBy(String successor) {
    jobId = successor;
  }

  /** The id of the job that was submitted last, or has replaced it; null before the first. */
  public String jobId() {
    return jobId;
  }

  /** Asks the job that was submitted last to cancel, unless it is over or there is none. */
  public void cancel() {
    if (jobId != null && !testbed.flink().job(jobId).isTerminal()) {
      testbed.flink().cancel(jobId);
    }
  }
}
