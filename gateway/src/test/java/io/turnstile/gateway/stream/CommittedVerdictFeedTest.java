package io.turnstile.gateway.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.events.Outcome;
import io.turnstile.gateway.FakeTopics;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CommittedVerdictFeedTest {

  private static final TopicPartition LANE = new TopicPartition("verdicts.accepted", 0);
  private static final long END = 5;

  private final BlockingQueue<MockConsumer<byte[], byte[]>> consumers = new LinkedBlockingQueue<>();
  private final BlockingQueue<Long> heard = new LinkedBlockingQueue<>();
  private final CommittedVerdictFeed feed = new CommittedVerdictFeed(this::connect);

  private CommittedVerdicts<byte[]> connect() {
    MockConsumer<byte[], byte[]> consumer = new MockConsumer<>("none");
    consumer.updatePartitions(
        LANE.topic(), List.of(new PartitionInfo(LANE.topic(), 0, null, null, null)));
    consumer.updateBeginningOffsets(Map.of(LANE, 0L));
    consumer.updateEndOffsets(Map.of(LANE, END));
    consumers.add(consumer);
    return new CommittedVerdicts<>(consumer, List.of(LANE.topic()));
  }

  @AfterEach
  void close() {
    feed.close();
  }

  private static void commit(
      MockConsumer<byte[], byte[]> consumer, ConsumerRecord<byte[], byte[]> record) {
    consumer.schedulePollTask(() -> consumer.addRecord(record));
  }

  private static ConsumerRecord<byte[], byte[]> verdict(long offset) {
    return FakeTopics.verdict(offset, Outcome.ACCEPTED, "c-1", new byte[0]).record();
  }

  @Test
  void connectsAnewWhenReadingFails() throws Exception {
    feed.start(verdict -> heard.add(verdict.input().offset()));
    MockConsumer<byte[], byte[]> first = consumers.take();
    await().until(feed::isFollowing);
    commit(first, verdict(END));
    assertThat(heard.take()).isEqualTo(END);
    first.schedulePollTask(
        () -> {
          throw new KafkaException("the connection is gone");
        });
    MockConsumer<byte[], byte[]> second = consumers.take();
    await().until(feed::isFollowing);
    commit(second, verdict(END + 1));
    assertThat(heard.take()).isEqualTo(END + 1);
    assertThat(first.closed()).isTrue();
  }

  @Test
  void recordThatIsNoVerdictIsLeftOut() throws Exception {
    feed.start(verdict -> heard.add(verdict.input().offset()));
    MockConsumer<byte[], byte[]> consumer = consumers.take();
    await().until(feed::isFollowing);
    commit(
        consumer,
        new ConsumerRecord<>(
            LANE.topic(), 0, END, new byte[0], "anything".getBytes(StandardCharsets.UTF_8)));
    commit(consumer, verdict(END + 1));
    assertThat(heard.take()).isEqualTo(END + 1);
    assertThat(consumers).isEmpty();
  }

  @Test
  void closedFeedReadsNoMore() throws Exception {
    feed.start(verdict -> heard.add(verdict.input().offset()));
    MockConsumer<byte[], byte[]> consumer = consumers.take();
    await().until(feed::isFollowing);
    feed.close();
    assertThat(feed.isFollowing()).isFalse();
    assertThat(consumer.closed()).isTrue();
  }
}
