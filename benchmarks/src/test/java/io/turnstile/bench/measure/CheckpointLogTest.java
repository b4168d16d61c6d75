package io.turnstile.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.result.RunResult.CheckpointResult;
import io.turnstile.clients.FlinkRest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CheckpointLogTest {

  private final CheckpointLog log = new CheckpointLog();

  @Test
  void checkpointThatFailedBeforeTheMeasuredPartDoesNotCount() {
    note("job", 1, 1_000);
    note("job", 1, 2_000);
    note("job", 3, 3_000);

    assertThat(log.failedSince(500)).isEqualTo(3);
    assertThat(log.failedSince(2_000)).isEqualTo(2);
    assertThat(log.failedSince(4_000)).isZero();
  }

  @Test
  void failuresAreCountedAnewForAnotherJob() {
    note("before", 2, 1_000);
    note("after", 1, 2_000);
    note("after", 2, 3_000);

    assertThat(log.failedSince(0)).isEqualTo(4);
  }

  private void note(String job, long failed, long millis) {
    log.note(
        job,
        new FlinkRest.Checkpoints(
            0, failed, 0, 0, List.of(), Optional.empty(), Optional.empty(), Optional.empty()),
        millis);
  }

  @Test
  void checkpointIsResultOfWhatIsMeasured() {
    List<FlinkRest.Checkpoint> remembered =
        List.of(checkpoint(5_000, false), checkpoint(3_000, true), checkpoint(1_000, false));
    log.note(
        "job",
        new FlinkRest.Checkpoints(
            3, 0, 0, 0, remembered, Optional.empty(), Optional.empty(), Optional.empty()),
        6_000);

    assertThat(log.since(2_000)).containsExactly(new CheckpointResult(3, 240, 1.0, 2.0));
    assertThat(log.latestFullBytes()).hasValue(2 << 20);
  }

  private static FlinkRest.Checkpoint checkpoint(long atMillis, boolean savepoint) {
    return new FlinkRest.Checkpoint(
        atMillis,
        savepoint,
        Instant.ofEpochMilli(atMillis),
        Duration.ofMillis(240),
        2 << 20,
        1 << 20,
        "path");
  }
}
