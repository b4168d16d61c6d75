package io.turnstile.job.read;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class OpenTransactionMonitorTest {

  private static final TopicPartition PARTITION = new TopicPartition("transactions", 3);

  private final OpenTransactionMonitor partitions = new OpenTransactionMonitor();

  private List<String> lookAfter(long seconds, long stable, long end) {
    return partitions.look(
        Map.of(PARTITION, stable), Map.of(PARTITION, end), Duration.ofSeconds(seconds).toNanos());
  }

  @Test
  void transactionThatStaysOpenIsReportedLessAndLessOften() {
    assertThat(lookAfter(0, 17, 20)).isEmpty();
    assertThat(lookAfter(9, 17, 25)).isEmpty();
    assertThat(lookAfter(10, 17, 30))
        .singleElement()
        .asString()
        .startsWith("transactions-3 is held back at offset 17 for 10 s");
    assertThat(lookAfter(19, 17, 30)).isEmpty();
    assertThat(lookAfter(20, 17, 30)).hasSize(1);
    assertThat(lookAfter(39, 17, 30)).isEmpty();
    assertThat(lookAfter(40, 17, 30)).hasSize(1);
  }

  @Test
  void transactionsThatEndAreNotReported() {
    assertThat(lookAfter(0, 17, 20)).isEmpty();
    assertThat(lookAfter(10, 18, 20)).isEmpty();
    assertThat(lookAfter(20, 20, 20)).isEmpty();
    assertThat(lookAfter(30, 20, 21)).isEmpty();
  }

  @Test
  void partitionThatIsReadToItsEndIsNotReported() {
    assertThat(lookAfter(0, 20, 20)).isEmpty();
    assertThat(lookAfter(60, 20, 20)).isEmpty();
  }
}
