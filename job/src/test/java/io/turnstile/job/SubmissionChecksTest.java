package io.turnstile.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import io.turnstile.clients.ClusterProblem;
import io.turnstile.clients.Generation;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.job.harness.TokenIssuer;
import io.turnstile.job.options.InvalidConfigException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.StateRecoveryOptions;
import org.apache.flink.core.execution.SavepointFormatType;
import org.apache.flink.runtime.checkpoint.CheckpointProperties;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.jobgraph.OperatorID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SubmissionChecksTest {

  private static final ClusterProblem SIZE =
      new ClusterProblem("topic transactions has max.message.bytes=2000000, not at most", true);
  private static final ClusterProblem TIME =
      new ClusterProblem("topic transactions has message.timestamp.type=CreateTime", false);

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({
    "high-availability.type, kubernetes, true",
    "high-availability.type, zookeeper, true",
    "high-availability, zookeeper, true",
    "high-availability.type, none, false",
    "execution.state-recovery.path, s3://savepoints/1, true",
    "rest.port, 8081, false",
  })
  void restoredStateIsPossibleWithHighAvailabilityOrSavepoint(
      String key, String value, boolean expected) {
    Configuration flink = Configuration.fromMap(Map.of(key, value));
    assertThat(SubmissionChecks.mayHaveRunBefore(flink)).isEqualTo(expected);
  }

  @Test
  void checkpointThatWasCutOffIsRefusedWhereverTheCutIs() throws Exception {
    Path metadata = directory.resolve("_metadata");
    byte[] whole = metadata();
    String line =
        "the checkpoint or savepoint %s is not whole: its _metadata ends too soon; start from"
            + " another one";
    for (int length = 0; length < whole.length; length++) {
      Files.write(metadata, Arrays.copyOf(whole, length));
      assertThatExceptionOfType(InvalidConfigException.class)
          .as("cut after %d of %d bytes", length, whole.length)
          .isThrownBy(() -> SubmissionChecks.checkStart(startFromDirectory(Map.of())))
          .withMessage(line.formatted(directory.toUri()));
    }
    Files.write(metadata, whole);
    assertThatNoException()
        .isThrownBy(() -> SubmissionChecks.checkStart(startFromDirectory(Map.of())));
  }

  /** By then it has newer ones. */
  @Test
  void checkpointThatWasCutOffDoesNotKeepAHighlyAvailableJobDown() throws Exception {
    Files.createFile(directory.resolve("_metadata"));
    assertThatNoException()
        .isThrownBy(
            () ->
                SubmissionChecks.checkStart(
                    startFromDirectory(Map.of("high-availability.type", "kubernetes"))));
  }

  @Test
  void checkpointThatCannotBeReadFromHereIsForFlinkToJudge() {
    assertThatNoException()
        .isThrownBy(() -> SubmissionChecks.checkStart(startFromDirectory(Map.of())));
    assertThatNoException()
        .isThrownBy(
            () ->
                SubmissionChecks.checkStart(
                    Configuration.fromMap(
                        Map.of("execution.state-recovery.path", "unknown://bucket/chk-1"))));
  }

  private Configuration startFromDirectory(Map<String, String> further) {
    Configuration flink = Configuration.fromMap(further);
    flink.set(StateRecoveryOptions.SAVEPOINT_PATH, directory.toUri().toString());
    return flink;
  }

  private static byte[] metadata() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    OperatorState operator = new OperatorState("name", "uid", new OperatorID(1, 2), 1, 128);
    operator.putState(0, OperatorSubtaskState.builder().build());
    Checkpoints.storeCheckpointMetadata(
        new CheckpointMetadata(
            7,
            List.of(operator),
            List.of(),
            CheckpointProperties.forSavepoint(false, SavepointFormatType.CANONICAL)),
        bytes);
    return bytes.toByteArray();
  }

  /** The keys of the checkpoint would be of no use if the new JobManager needed the server. */
  @Test
  void keyServerThatIsAwayRefusesNewJobsOnly() throws Exception {
    TokenIssuer issuer = new TokenIssuer(directory);
    issuer.withdraw();
    assertThatExceptionOfType(InvalidConfigException.class)
        .isThrownBy(() -> SubmissionChecks.checkKeys(issuer.settings(), false))
        .withMessageStartingWith("--jwks: the JWKS ")
        .withMessageContaining("cannot be used");
    assertThatNoException().isThrownBy(() -> SubmissionChecks.checkKeys(issuer.settings(), true));
  }

  @Test
  void wrongSettingIsRefusedAfterARestartToo() {
    TokenSettings wrong =
        new TokenSettings("jwks.json", Set.of("HS256"), 1, Duration.ZERO, Duration.ofMinutes(5));
    assertThatExceptionOfType(InvalidConfigException.class)
        .isThrownBy(() -> SubmissionChecks.checkKeys(wrong, true));
  }

  @Test
  void sizeLimitThatWasChangedRefusesNewJobsOnly() {
    assertThatExceptionOfType(InvalidConfigException.class)
        .isThrownBy(() -> SubmissionChecks.refuse(List.of(SIZE, TIME), false))
        .withMessage(SIZE.text() + "; " + TIME.text());
    assertThatNoException().isThrownBy(() -> SubmissionChecks.refuse(List.of(SIZE), true));
  }

  @Test
  void settingThatWouldMakeVerdictsWrongIsRefusedAlways() {
    assertThatExceptionOfType(InvalidConfigException.class)
        .isThrownBy(() -> SubmissionChecks.refuse(List.of(SIZE, TIME), true))
        .withMessage(TIME.text());
  }

  @Test
  void generationMustBeAboveTheOwnersUnlessItIsTheSameJob() {
    List<Generation> owners = List.of(new Generation(2, "a"), new Generation(1, "b"));
    assertThatNoException()
        .isThrownBy(() -> SubmissionChecks.requireAbove(new Generation(3, "new"), owners));
    assertThatExceptionOfType(InvalidConfigException.class)
        .isThrownBy(() -> SubmissionChecks.requireAbove(new Generation(2, "new"), owners))
        .withMessage(
            "--generation is 2, and generation 2 (job a) is the owner: give a number above it");
    assertThatNoException()
        .isThrownBy(() -> SubmissionChecks.requireAbove(new Generation(2, "a"), owners));
  }
}
