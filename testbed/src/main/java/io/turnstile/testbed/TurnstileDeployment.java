package io.turnstile.testbed;

import io.turnstile.clients.JobSubmission;
import io.turnstile.clients.Topics;
import io.turnstile.events.TopicNames;
import java.nio.file.Path;
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
 * thread-safe.
 */
public final class TurnstileDeployment {

  /** As many copies of a topic as the testbed's brokers keep. */
  private static final short BROKERS_DEFAULT = -1;

  private final Testbed testbed;
  private final String prefix;
  private final TopicNames topics;
  private final int lanes;
  private final Path jwks;
  private String jobId;

  /**
   * Creates nothing yet.
   *
   * @param prefix of the topics and of the consumer group; empty for the default names
   * @param lanes partitions of every topic
   * @param jwks file of the keys to check tokens with; it must be where the testbed's jobs can read
   *     it, and exist when the job is submitted
   */
  public TurnstileDeployment(Testbed testbed, String prefix, int lanes, Path jwks) {
    this.testbed = testbed;
    this.prefix = prefix;
    this.topics = TopicNames.withPrefix(prefix);
    this.lanes = lanes;
    this.jwks = jwks.toAbsolutePath();
  }

  public Testbed testbed() {
    return testbed;
  }

  public TopicNames topics() {
    return topics;
  }

  /** The group in whose name the job stores what it has read. */
  public String groupId() {
    return prefix + "turnstile";
  }

  public Path jwks() {
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
   * The job as its build left it, with the addresses, topics, keys and lanes of this deployment.
   *
   * @param furtherArguments behind these
   */
  public JobSubmission submission(List<String> furtherArguments) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--bootstrap-servers", testbed.bootstrapServersForJobs()));
    if (!prefix.isEmpty()) {
      arguments.addAll(List.of("--topic-prefix", prefix, "--group-id", groupId()));
    }
    arguments.addAll(List.of("--jwks", jwks.toString()));
    arguments.addAll(List.of("--lanes", Integer.toString(lanes)));
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

  /** The id of the job that was submitted last; null before the first. */
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
