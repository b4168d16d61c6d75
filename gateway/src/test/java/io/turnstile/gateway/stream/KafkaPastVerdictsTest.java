package io.turnstile.gateway.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import io.turnstile.gateway.FakeTopics;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

class KafkaPastVerdictsTest {

  private static final TopicPartition TRANSACTIONS =
      new TopicPartition("transactions", FakeTopics.PARTITION);
  private static final long APPENDED_AT = 1_000_000;
  private static final TopicPartition VERDICTS = new TopicPartition("verdicts.accepted", 0);

  /** The first verdict at or after any time is the one at offset 10. */
  private final MockConsumer<byte[], byte[]> consumer =
      new MockConsumer<>("none") {
        @Override
        public synchronized Map<TopicPartition, OffsetAndTimestamp> offsetsForTimes(
            Map<TopicPartition, Long> times) {
          assertThat(times.get(VERDICTS)).isLessThan(APPENDED_AT);
          return Map.of(VERDICTS, new OffsetAndTimestamp(10, APPENDED_AT));
        }
      };

  private void topic(TopicPartition partition, long beginning, long end) {
    consumer.updatePartitions(
        partition.topic(),
        List.of(new PartitionInfo(partition.topic(), partition.partition(), null, null, null)));
    consumer.updateBeginningOffsets(Map.of(partition, beginning));
    consumer.updateEndOffsets(Map.of(partition, end));
  }

  private Optional<PastVerdicts.Input> input(int partition, long offset) {
    return KafkaPastVerdicts.readInput(
        consumer, new TopicPartition(TRANSACTIONS.topic(), partition), offset);
  }

  @Test
  void inputIsFoundByItsOffset() {
    topic(TRANSACTIONS, 5, 8);
    consumer.schedulePollTask(
        () ->
            consumer.addRecord(
                new ConsumerRecord<>(
                    "transactions", FakeTopics.PARTITION, 6, new byte[0], new byte[] {9})));
    assertThat(input(FakeTopics.PARTITION, 6))
        .hasValueSatisfying(
            input -> {
              assertThat(input.position())
                  .isEqualTo(new SourcePosition("transactions", FakeTopics.PARTITION, 6));
              assertThat(input.value()).containsExactly(9);
            });
  }

  @Test
  void inputThatIsDeletedOrNotThereYetOrInNoPartitionIsNotWaitedFor() {
    topic(TRANSACTIONS, 5, 8);
    assertThat(input(FakeTopics.PARTITION, 4)).isEmpty();
    assertThat(input(FakeTopics.PARTITION, 8)).isEmpty();
    assertThat(input(FakeTopics.PARTITION + 1, 6)).isEmpty();
  }

  @Test
  void markerOfATransactionIsNoInput() {
    topic(TRANSACTIONS, 5, 8);
    consumer.schedulePollTask(
        () ->
            consumer.addRecord(
                new ConsumerRecord<>(
                    "transactions", FakeTopics.PARTITION, 7, new byte[0], new byte[] {9})));
    assertThat(input(FakeTopics.PARTITION, 6)).isEmpty();
  }

  @Test
  void verdictIsFoundAmongThoseSinceItsInput() throws Exception {
    topic(VERDICTS, 0, 12);
    assertThat(verdictOf(11)).map(found -> found.input().offset()).contains(11L);
  }

  @Test
  void verdictThatIsNotCommittedIsNotThere() throws Exception {
    topic(VERDICTS, 0, 12);
    assertThat(verdictOf(77)).isEmpty();
  }

  /** Reads two verdicts, of the inputs 10 and 11, the last ones of their lane. */
  private Optional<CommittedVerdict> verdictOf(long offset) throws Exception {
    consumer.schedulePollTask(
        () -> {
          for (long each = 10; each < 12; each++) {
            consumer.addRecord(
                FakeTopics.verdict(each, Outcome.ACCEPTED, "c-1", new byte[0]).record());
          }
        });
    PastVerdicts.Input input =
        new PastVerdicts.Input(
            new SourcePosition("transactions", FakeTopics.PARTITION, offset),
            APPENDED_AT,
            new byte[0]);
    return KafkaPastVerdicts.readVerdict(
        new CommittedVerdicts<>(consumer, List.of(VERDICTS.topic())), input);
  }
}
