package io.turnstile.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CommittedVerdictsTest {

  private static final List<String> TOPICS = List.of("accepted", "rejected");
  private static final int LANES = 2;

  /** Two verdicts are there in each lane. */
  private static final long END = 2;

  private final MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
  private final CommittedVerdicts<byte[]> verdicts = new CommittedVerdicts<>(consumer, TOPICS);
  private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

  @BeforeEach
  void prepare() {
    Map<TopicPartition, Long> beginnings = new HashMap<>();
    Map<TopicPartition, Long> ends = new HashMap<>();
    for (String topic : TOPICS) {
      consumer.updatePartitions(
          topic,
          List.of(
              new PartitionInfo(topic, 0, null, null, null),
              new PartitionInfo(topic, 1, null, null, null)));
      for (int lane = 0; lane < LANES; lane++) {
        beginnings.put(new TopicPartition(topic, lane), 0L);
        ends.put(new TopicPartition(topic, lane), END);
      }
    }
    consumer.updateBeginningOffsets(beginnings);
    consumer.updateEndOffsets(ends);
  }

  @Test
  void endIsThatOfTheSeekAndNotThatOfTheFirstPoll() {
    verdicts.seekToEnd();
    consumer.updateEndOffsets(Map.of(new TopicPartition("accepted", 1), END + 5));
    commit("accepted", 1, END);

    assertThat(verdicts.poll(Duration.ZERO).records(new TopicPartition("accepted", 1))).hasSize(1);
    assertThat(consumer.assignment()).hasSize(TOPICS.size() * LANES);
  }

  @Test
  void laterSeekLeavesOutWhatHasComeMeanwhile() {
    verdicts.seekToEnd();
    consumer.updateEndOffsets(Map.of(new TopicPartition("accepted", 1), END + 5));
    verdicts.seekToEnd();

    assertThat(consumer.position(new TopicPartition("accepted", 1))).isEqualTo(END + 5);
  }

  @Test
  void everythingIsReadFromTheBeginning() throws Exception {
    verdicts.seekToBeginning();
    commit("accepted", 0, 0);
    commit("rejected", 1, 0);
    verdicts.start("test-verdicts", (verdict, nanos) -> heard.add(verdict.topic()));

    assertThat(List.of(heard(), heard())).containsExactlyInAnyOrder("accepted", "rejected");
    verdicts.requireReading();
    verdicts.close();
    assertThat(consumer.closed()).isTrue();
  }

  @Test
  void readerThatHasNoMemoryLeftSaysSo() {
    verdicts.seekToBeginning();
    commit("accepted", 0, 0);
    verdicts.start(
        "test-verdicts",
        (verdict, nanos) -> {
          throw new OutOfMemoryError("a test's");
        });
    await()
        .untilAsserted(
            () ->
                assertThatThrownBy(verdicts::requireReading)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("no memory"));
  }

  @Test
  void readingToTheEndLeavesOutWhatComesLater() {
    verdicts.seekToBeginning();
    for (String topic : TOPICS) {
      for (int lane = 0; lane < LANES; lane++) {
        commit(topic, lane, 0);
        commit(topic, lane, 1);
      }
    }
    commit("rejected", 0, END);
    List<String> read = new ArrayList<>();
    Map<TopicPartition, Long> ends =
        verdicts.readToEnd(
            Duration.ofSeconds(10),
            batch -> batch.forEach(each -> read.add(each.topic() + each.offset())));
    assertThat(read)
        .containsExactlyInAnyOrder(
            "accepted0",
            "accepted0",
            "accepted1",
            "accepted1",
            "rejected0",
            "rejected0",
            "rejected1",
            "rejected1");
    assertThat(ends).hasSize(TOPICS.size() * LANES).containsValue(END);
  }

  @Test
  void laneThatDoesNotGetOnIsNamed() {
    verdicts.seekToBeginning();
    for (int lane = 0; lane < LANES; lane++) {
      commit("accepted", lane, 1);
    }
    commit("rejected", 1, 1);
    assertThatThrownBy(() -> verdicts.readToEnd(Duration.ofMillis(50), batch -> {}))
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContaining("nothing comes from {rejected-0=0}");
  }

  @Test
  void verdictsAreReadFromATimeOn() {
    MockConsumer<byte[], byte[]> dated =
        new MockConsumer<>("none") {
          @Override
          public synchronized Map<TopicPartition, OffsetAndTimestamp> offsetsForTimes(
              Map<TopicPartition, Long> times) {
            assertThat(times).containsEntry(new TopicPartition("accepted", 0), 5_000L);
            return Map.of(new TopicPartition("accepted", 0), new OffsetAndTimestamp(1, 5_001));
          }
        };
    dated.updatePartitions(
        "accepted",
        List.of(
            new PartitionInfo("accepted", 0, null, null, null),
            new PartitionInfo("accepted", 1, null, null, null)));
    dated.updateEndOffsets(
        Map.of(new TopicPartition("accepted", 0), END, new TopicPartition("accepted", 1), END));
    try (CommittedVerdicts<byte[]> since = new CommittedVerdicts<>(dated, List.of("accepted"))) {
      since.seekToTime(Instant.ofEpochMilli(5_000));
      assertThat(dated.position(new TopicPartition("accepted", 0))).isEqualTo(1);
      assertThat(dated.position(new TopicPartition("accepted", 1))).as("none since").isEqualTo(END);
    }
  }

  @Test
  void failureOfAPollIsToldToWhoeverAsks() {
    verdicts.seekToEnd();
    consumer.setPollException(new KafkaException("gone"));
    verdicts.start("test-verdicts", (verdict, nanos) -> heard.add(verdict.topic()));

    await().until(consumer::closed);
    assertThatThrownBy(verdicts::requireReading).hasMessage("gone");
    verdicts.close();
  }

  @Test
  void failureOfTheListenerEndsTheReading() throws Exception {
    verdicts.seekToEnd();
    commit("accepted", 0, END);
    CountDownLatch called = new CountDownLatch(1);
    verdicts.start(
        "test-verdicts",
        (verdict, nanos) -> {
          called.countDown();
          throw new IllegalArgumentException("no verdict");
        });
    assertThat(called.await(10, TimeUnit.SECONDS)).isTrue();
    verdicts.close();

    assertThatThrownBy(verdicts::requireReading).hasMessage("no verdict");
  }

  @Test
  void unansweredAssignmentFailsTheSeek() {
    MockConsumer<byte[], byte[]> unanswered =
        new MockConsumer<>("none") {
          @Override
          public synchronized List<PartitionInfo> partitionsFor(String topic) {
            throw new KafkaException("no answer");
          }
        };
    CommittedVerdicts<byte[]> early = new CommittedVerdicts<>(unanswered, TOPICS);
    assertThatThrownBy(early::seekToEnd).hasMessage("no answer");
    assertThat(unanswered.assignment()).isEmpty();
    early.close();
    assertThat(unanswered.closed()).isTrue();
  }

  @Test
  void consumerReadsCommittedRecordsWhateverThePropertiesSay() {
    Map<String, Object> client =
        Map.of(
            "bootstrap.servers",
            "127.0.0.1:1",
            "isolation.level",
            "nonsense",
            "auto.offset.reset",
            "nonsense");
    try (Consumer<byte[], byte[]> made = CommittedVerdicts.consumer(client)) {
      assertThat(made.assignment()).isEmpty();
    }
  }

  private void commit(String topic, int lane, long offset) {
    consumer.addRecord(new ConsumerRecord<>(topic, lane, offset, new byte[0], new byte[0]));
  }

  private String heard() throws InterruptedException {
    return heard.poll(10, TimeUnit.SECONDS);
  }
}
