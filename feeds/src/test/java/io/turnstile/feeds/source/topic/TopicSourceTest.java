package io.turnstile.feeds.source.topic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.turnstile.feeds.TestFeeds;
import io.turnstile.feeds.source.Page;
import io.turnstile.feeds.source.PageRequest;
import io.turnstile.feeds.source.SourceException;
import io.turnstile.feeds.source.SourceException.Cure;
import io.turnstile.feeds.source.SourceRecord;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TopicSourceTest {

  private static final TopicPartition PARTITION = new TopicPartition("t", 0);

  @TempDir private Path directory;

  private final List<ConsumerRecord<byte[], byte[]>> log = new ArrayList<>();
  private String topicId = "first";

  /** A topic in memory. */
  private final SourceCluster cluster =
      new SourceCluster() {
        @Override
        public Consumer<byte[], byte[]> consumer() {
          MockConsumer<byte[], byte[]> consumer =
              new MockConsumer<>("none") {
                @Override
                public synchronized void assign(Collection<TopicPartition> partitions) {
                  super.assign(partitions);
                  log.forEach(this::addRecord);
                }
              };
          consumer.updatePartitions("t", List.of(new PartitionInfo("t", 0, null, null, null)));
          consumer.updateBeginningOffsets(Map.of(PARTITION, 0L));
          consumer.updateEndOffsets(Map.of(PARTITION, (long) log.size()));
          consumer.setMaxPollRecords(2);
          return consumer;
        }

        @Override
        public String topicId() {
          return topicId;
        }

        @Override
        public void close() {
          // Nothing is open.
        }
      };

  private void append(String key, String value) {
    log.add(
        new ConsumerRecord<>(
            "t", 0, log.size(), key.getBytes(UTF_8), value == null ? null : value.getBytes(UTF_8)));
  }

  private TopicSource source(String more) throws Exception {
    return new TopicSource(
        TestFeeds.products(directory, "topic: {bootstrap_servers: 'k:1', name: t" + more + "}\n"),
        cluster);
  }

  private static PageRequest since(String since) {
    return new PageRequest(null, since, null, null);
  }

  /** Reads all pages of a sync, each with a source of its own, as after restarts. */
  private List<String> sync(String since, String more) throws Exception {
    List<String> read = new ArrayList<>();
    String position = null;
    do {
      try (TopicSource source = source(more)) {
        Page page = source.fetch(new PageRequest(position, since, null, null));
        page.records().forEach(record -> read.add(text(record)));
        position = page.next();
      }
    } while (position != null);
    return read;
  }

  private static String text(SourceRecord record) {
    return record.deleted()
        ? "-" + (record.key() == null ? record.value().path("id").asText() : record.key())
        : record.value().path("id").asText() + "@" + record.value().path("version").asText();
  }

  private static String value(String id, int version) {
    return "{\"id\":\"%s\",\"version\":%d}".formatted(id, version);
  }

  @Test
  void topicThatIsReadFromItsBeginSaysNothingThatIsOver() throws Exception {
    append("a", value("a", 1));
    append("b", value("b", 1));
    append("a", value("a", 2));
    append("a", null);
    append("b", value("b", 2));
    assertThat(sync(null, "")).containsExactly("-a", "b@2");
  }

  @Test
  void changesAreGivenInTheirOrder() throws Exception {
    append("a", value("a", 1));
    String reached = source("").fetch(PageRequest.FIRST).reached();
    append("a", value("a", 2));
    append("a", null);
    append("a", value("a", 3));
    assertThat(sync(reached, "")).containsExactly("a@2", "-a", "a@3");
  }

  @Test
  void deleteOfDebeziumIsNotHiddenByWhatFollowsIt() throws Exception {
    append("a", "{\"op\":\"c\",\"after\":%s}".formatted(value("a", 1)));
    append("a", "{\"op\":\"d\",\"before\":%s}".formatted(value("a", 1)));
    append("a", null);
    assertThat(sync(null, ", envelope: debezium")).containsExactly("-a");
  }

  @Test
  void topicThatWasMadeAnewIsReadFromItsBegin() throws Exception {
    append("a", value("a", 1));
    String reached = source("").fetch(PageRequest.FIRST).reached();
    topicId = "second";
    log.clear();
    append("b", value("b", 1));
    append("c", value("c", 1));
    assertThat(failure(reached).cure()).isEqualTo(Cure.BEGIN_AGAIN);
  }

  @Test
  void topicThatEndsBeforeThePositionIsReadFromItsBegin() throws Exception {
    append("a", value("a", 1));
    append("b", value("b", 1));
    String reached = source("").fetch(PageRequest.FIRST).reached();
    log.remove(1);
    assertThat(failure(reached).cure()).isEqualTo(Cure.BEGIN_AGAIN);
  }

  private SourceException failure(String reached) throws Exception {
    TopicSource source = source("");
    return catchThrowableOfType(SourceException.class, () -> source.fetch(since(reached)));
  }
}
