package io.turnstile.systemtests.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.JobRejectedException;
import io.turnstile.events.SourcePosition;
import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.systemtests.harness.TestbedExtension;
import io.turnstile.testbed.TestbedConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Failures that no restart cures end the job, with one line that says why. */
class PermanentFailureIT {

  private static final Duration SAVEPOINT = Duration.ofSeconds(60);

  @RegisterExtension
  static final TestbedExtension TESTBED =
      new TestbedExtension(
          TestbedConfig.builder()
              .taskManagerMemory("2g")
              .brokerConfig(
                  Map.of(
                      "authorizer.class.name",
                      "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                      "allow.everyone.if.no.acl.found",
                      "true"))
              .build());

  @TempDir Path directory;
  private Deployment turnstile;

  @AfterEach
  void stop() {
    turnstile.close();
  }

  @Test
  void submissionNamesAMissingTopic() throws Exception {
    deploy("missing.");
    deleteTopic(turnstile.topics().inventory());
    assertThatThrownBy(() -> turnstile.submit())
        .isInstanceOf(JobRejectedException.class)
        .hasMessageContaining("topic missing.inventory does not exist");
  }

  @Test
  void submissionNamesKeysThatCannotBeRead() throws Exception {
    deploy("nokeys.");
    Files.delete(turnstile.jwks());
    assertThatThrownBy(() -> turnstile.submit())
        .isInstanceOf(JobRejectedException.class)
        .hasMessageContaining("--jwks")
        .hasMessageContaining(turnstile.jwks().toString());
  }

  @Test
  void submissionNamesAnUnknownOption() throws Exception {
    deploy("option.");
    assertThatThrownBy(() -> turnstile.submit("--dedup-windw", "1h"))
        .isInstanceOf(JobRejectedException.class)
        .hasMessageContaining("--dedup-windw");
  }

  @Test
  void submissionNamesATransactionTimeoutThatTheBrokersRefuse() throws Exception {
    deploy("timeout.");
    for (String commit : List.of("checkpoint", "journal")) {
      assertThatThrownBy(() -> turnstile.submit("--commit", commit, "--transaction-timeout", "1h"))
          .isInstanceOf(JobRejectedException.class)
          .hasMessageContaining("--transaction-timeout is 3600000 ms")
          .hasMessageContaining("transaction.max.timeout.ms of the brokers 900000");
    }
  }

  @Test
  void inputTopicRecreatedWhileRunning() throws Exception {
    deploy("recreated.");
    runWithOneVerdict();
    deleteTopic(turnstile.topics().transactions());
    turnstile.createTopics();
    assertThat(reasonToStop()).containsAnyOf("created again", "is missing", "is gone");
  }

  @Test
  void inputTopicRecreatedWhileStopped() throws Exception {
    deploy("stopped.");
    runWithOneVerdict();
    String savepoint = flink().stopWithSavepoint(turnstile.jobId(), SAVEPOINT);
    deleteTopic(turnstile.topics().transactions());
    turnstile.createTopics();
    // There are records again at the stored offsets: only the topic's id shows that they are new.
    turnstile.sendToEveryPartition(3);
    turnstile.start(turnstile.submission("--parallelism", "1").restoredFrom(savepoint));
    assertThat(reasonToStop()).contains("stopped.transactions").contains("created again");
  }

  @Test
  void storedOffsetGone() throws Exception {
    deploy("gone.");
    int partition = runWithOneVerdict().partition();
    String savepoint = flink().stopWithSavepoint(turnstile.jobId(), SAVEPOINT);
    turnstile.sendToEveryPartition(5);
    try (Admin admin = turnstile.admin()) {
      // One that the job has read nothing of yet: its stored offset counts all the same.
      TopicPartition unread =
          new TopicPartition(turnstile.topics().transactions(), partition == 0 ? 1 : 0);
      admin.deleteRecords(Map.of(unread, RecordsToDelete.beforeOffset(4))).all().get();
    }
    turnstile.start(turnstile.submission("--parallelism", "1").restoredFrom(savepoint));
    assertThat(reasonToStop()).contains("gone.transactions-").contains("is gone");
  }

  @Test
  void timestampNotSetByTheBroker() throws Exception {
    deploy("time.");
    runWithOneVerdict();
    try (Admin admin = turnstile.admin()) {
      admin
          .incrementalAlterConfigs(
              Map.of(
                  new ConfigResource(ConfigResource.Type.TOPIC, turnstile.topics().transactions()),
                  List.of(
                      new AlterConfigOp(
                          new ConfigEntry("message.timestamp.type", "CreateTime"),
                          AlterConfigOp.OpType.SET))))
          .all()
          .get();
    }
    turnstile.send(turnstile.transaction("t-2", "c", "p-1", 2));
    assertThat(reasonToStop()).contains("time.transactions/").contains("not set by the broker");
  }

  @Test
  void transactionalIdsForbidden() throws Exception {
    deploy("forbidden.");
    try (Admin admin = turnstile.admin()) {
      admin
          .createAcls(
              List.of(
                  new AclBinding(
                      new ResourcePattern(
                          ResourceType.TRANSACTIONAL_ID, "forbidden.", PatternType.PREFIXED),
                      new AccessControlEntry(
                          "User:*", "*", AclOperation.WRITE, AclPermissionType.DENY))))
          .all()
          .get();
    }
    turnstile.start(turnstile.submission("--commit", "journal", "--parallelism", "1"));
    FlinkRest.Job job = flink().awaitTerminal(turnstile.jobId(), Deployment.PATIENCE);
    assertThat(job.state()).isEqualTo("FAILED");
    assertThat(flink().failures(turnstile.jobId()).get(0).stackTrace())
        .containsPattern(
            "lane \\d: taking over transactional id forbidden.verdicts.accepted-lane-\\d failed:"
                + " TransactionalIdAuthorizationException .*; allow the job's principal Write and"
                + " Describe on its transactional ids, and ");
  }

  private void deploy(String prefix) throws Exception {
    turnstile = new Deployment(TESTBED.testbed(), prefix, directory);
  }

  private SourcePosition runWithOneVerdict() throws Exception {
    turnstile.publishProduct("p-1");
    turnstile.submit("--parallelism", "1");
    SourcePosition position = turnstile.send(turnstile.transaction("t-1", "c", "p-1", 1));
    assertThat(turnstile.verdicts().of(position).result()).isEqualTo("ACCEPTED");
    return position;
  }

  private String reasonToStop() {
    FlinkRest.Job job = flink().awaitTerminal(turnstile.jobId(), Deployment.PATIENCE);
    assertThat(job.state()).isEqualTo("FAILED");
    return flink().failures(turnstile.jobId()).get(0).message();
  }

  private void deleteTopic(String topic) throws Exception {
    try (Admin admin = turnstile.admin()) {
      admin.deleteTopics(List.of(topic)).all().get();
    }
  }

  private static FlinkRest flink() {
    return TESTBED.testbed().flink();
  }
}
