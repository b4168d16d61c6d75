package io.turnstile.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class CheckpointLogTest {

  private final CheckpointLog log = new CheckpointLog();

  @Test
  void checkpointThatFailedBeforeTheMeasuredPartDoesNotCount() throws Exception {
    note("job", 1, 1_000);
    note("job", 1, 2_000);
    note("job", 3, 3_000);

    assertThat(log.failedSince(500)).isEqualTo(3);
    assertThat(log.failedSince(2_000)).isEqualTo(2);
    assertThat(log.failedSince(4_000)).isZero();
  }

  @Test
  void failuresAreCountedAnewForAnotherJob() throws Exception {
    note("before", 2, 1_000);
    note("after", 1, 2_000);
    note("after", 2, 3_000);

    assertThat(log.failedSince(0)).isEqualTo(4);
  }

  private void note(String job, long failed, long millis) throws JsonProcessingException {
    log.note(
        job,
        new ObjectMapper()
            .readTree("{\"counts\": {\"failed\": %d}, \"history\": []}".formatted(failed)),
        millis);
  }
}
