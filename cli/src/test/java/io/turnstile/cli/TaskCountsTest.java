package io.turnstile.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TaskCountsTest {

  private FakeMetrics metrics;

  @BeforeEach
  void start() throws Exception {
    metrics = new FakeMetrics();
  }

  @AfterEach
  void stop() {
    metrics.close();
  }

  private TaskCounts read() throws Exception {
    return TaskCounts.read(
        metrics.rest(), "a1", new ObjectMapper().readTree("[{\"id\":\"v1\",\"name\":\"any\"}]"));
  }

  /** A sender's transaction of one record takes two offsets, the job's verdict two more. */
  @Test
  void recordsAreCountedAndMarkersAreNot() throws Exception {
    metrics.put("check_token.tokenCacheMisses", 7L);
    metrics.put("turnstile.outcome.accepted.reason.none.verdicts", 0L);
    TaskCounts before = read();
    metrics.put("check_token.partition.0.inputs", 60L);
    metrics.put("check_token.partition.1.inputs", 40L);
    metrics.put("turnstile.outcome.accepted.reason.none.verdicts", 90L);
    metrics.put("turnstile.outcome.rejected.reason.DUPLICATE_ID.verdicts", 10L);
    metrics.put("turnstile.lane.0.verdicts", 100L);
    metrics.put("Source__transactions.pendingRecords", 2L);
    TaskCounts now = read();
    assertThat(now.inputsSince(before)).isEqualTo(100);
    assertThat(now.verdicts()).isEqualTo(Map.of("ACCEPTED", 90L, "DUPLICATE_ID", 10L));
    assertThat(now.verdictsSince(before)).containsEntry("ACCEPTED", 90L);
    assertThat(now.unread()).isEqualTo(2);
  }

  /** Flink's server takes 4096 bytes, with the method and the version of HTTP. */
  @Test
  void requestsAreShortHoweverManyPartitionsThereAre() throws Exception {
    int partitions = 1_001;
    for (int i = 0; i < partitions; i++) {
      metrics.put("check_token.partition." + i + ".inputs", 1L);
    }
    assertThat(read().inputs()).isEqualTo(partitions);
    assertThat(metrics.longestTarget()).isLessThan(4_000);
  }

  @Test
  void whatNoTaskSaysIsUnknown() throws Exception {
    TaskCounts unseen = read();
    assertThat(unseen).isEqualTo(TaskCounts.UNSEEN);
    metrics.put("check_token.tokenCacheMisses", 7L);
    assertThat(read().inputsSince(unseen)).isNull();
  }

  @Test
  void countersThatBeganAgainAreNotNegative() {
    TaskCounts before =
        new TaskCounts(0L, 103L, new TreeMap<>(Map.of("ACCEPTED", 100L, "DUPLICATE_ID", 3L)));
    TaskCounts now =
        new TaskCounts(
            0L, 46L, new TreeMap<>(Map.of("ACCEPTED", 40L, "DUPLICATE_ID", 5L, "TOO_LARGE", 1L)));
    assertThat(now.inputsSince(before)).isEqualTo(46);
    assertThat(now.verdictsSince(before))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("ACCEPTED", 40L, "DUPLICATE_ID", 2L, "TOO_LARGE", 0L));
  }

  @Test
  void firstLookCountsNothing() {
    TaskCounts now = new TaskCounts(0L, 100L, new TreeMap<>(Map.of("ACCEPTED", 100L)));
    assertThat(now.verdictsSince(TaskCounts.UNSEEN)).containsExactly(Map.entry("ACCEPTED", 0L));
    assertThat(now.inputsSince(TaskCounts.UNSEEN)).isNull();
  }
}
