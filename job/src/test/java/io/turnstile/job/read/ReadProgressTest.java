package io.turnstile.job.read;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class ReadProgressTest {

  private static final TopicPartition FIRST = new TopicPartition("inventory", 0);
  private static final TopicPartition SECOND = new TopicPartition("inventory", 1);

  private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5);
  private final ReadProgress progress = new ReadProgress("inventory", nanos::get);

  @Test
  void partitionWithoutLeaderIsNamedAndTheReadingGivenUp() throws Exception {
    progress.at(Map.of(FIRST, 7L, SECOND, 9L));
    progress.at(Map.of(SECOND, 9L));
    pass(ReadProgress.GIVE_UP_AFTER.minusMillis(1));
    progress.at(Map.of(SECOND, 9L));
    pass(Duration.ofMillis(1));
    assertThatThrownBy(() -> progress.at(Map.of(SECOND, 9L)))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "no progress for 60 s in reading inventory, at these offsets by partition: {1=9}");
  }

  @Test
  void slowReadingIsNotGivenUp() throws Exception {
    for (long offset = 0; offset < 10; offset++) {
      progress.at(Map.of(FIRST, offset, SECOND, 9L));
      pass(ReadProgress.GIVE_UP_AFTER.minusMillis(1));
    }
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }
}
