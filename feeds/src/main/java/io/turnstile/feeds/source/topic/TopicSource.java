package io.turnstile.feeds.source.topic;

import io.turnstile.clients.KafkaConsumers;
import io.turnstile.feeds.config.Feed;
import io.turnstile.feeds.config.SourceTopic;
import io.turnstile.feeds.source.Page;
import io.turnstile.feeds.source.PageRequest;
import io.turnstile.feeds.source.PageSource;
import io.turnstile.feeds.source.SourceException;
import io.turnstile.feeds.source.SourceRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Committed records of another topic. A position is the topic's id and the offset of each
 * partition; a sync ends where the topic ends at that moment, and the next one goes on there. A
 * full sync reads the topic from its begin and gives of each key only what is last there: what is
 * before it was true once.
 */
public final class TopicSource implements PageSource {

  private static final Duration POLL = Duration.ofSeconds(5);

  private final SourceTopic settings;
  private final ChangeEvents events;
  private final SourceCluster cluster;
  private Consumer<byte[], byte[]> consumer;
  private List<TopicPartition> assigned = List.of();
  private String reached;

  /** Of a full sync, else null. */
  private LatestOffsets latest;

  /** Asks nothing yet. */
  public TopicSource(Feed feed) {
    this(feed, SourceCluster.of(feed.config().topic()));
  }

  TopicSource(Feed feed, SourceCluster cluster) {
    settings = feed.config().topic();
    events = new ChangeEvents(settings.envelope());
    this.cluster = cluster;
  }

  @Override
  public Page fetch(PageRequest request) throws SourceException, InterruptedException {
    try {
      return page(request);
    } catch (InvalidOffsetException e) {
      close();
      throw SourceException.expired("the topic no longer has what comes next");
    } catch (InterruptException e) {
      close();
      throw new InterruptedException();
    } catch (KafkaException e) {
      close();
      throw SourceException.passing("Kafka: " + e, e);
    }
  }

  private Page page(PageRequest request) throws SourceException, InterruptedException {
    String topic = cluster.topicId();
    if (consumer == null) {
      consumer = cluster.consumer();
    }
    List<TopicPartition> partitions =
        consumer.partitionsFor(settings.name()).stream()
            .map(info -> new TopicPartition(info.topic(), info.partition()))
            .toList();
    if (partitions.isEmpty()) {
      throw SourceException.passing("there is no topic " + settings.name());
    }
    String position = request.position() == null ? request.since() : request.position();
    if (position != null && !TopicPosition.decode(position).topic().equals(topic)) {
      throw expired("the topic was deleted and made anew");
    }
    boolean full = request.since() == null;
    if (position == null
        || !position.equals(reached)
        || !partitions.equals(assigned)
        || full != (latest != null)) {
      // What was fetched ahead is lost with it.
      consumer.assign(partitions);
      assigned = partitions;
      seek(consumer, partitions, position);
      latest = full ? latest(partitions, position) : null;
    }
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    if (partitions.stream().anyMatch(each -> consumer.position(each) > ends.get(each))) {
      throw expired("the topic ends before the position");
    }
    List<SourceRecord> page = new ArrayList<>();
    boolean ended = isReached(ends);
    if (!ended) {
      ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
      for (ConsumerRecord<byte[], byte[]> record : records) {
        SourceRecord read =
            latest != null && latest.isOver(record)
                ? null
                : events.read(record.key(), record.value());
        if (read != null) {
          page.add(read);
        }
      }
      ended = isReached(ends);
      if (records.isEmpty() && !ended) {
        throw SourceException.passing("the topic gives nothing in " + POLL.toSeconds() + " s");
      }
    }
    Map<Integer, Long> offsets = new HashMap<>();
    partitions.forEach(each -> offsets.put(each.partition(), consumer.position(each)));
    reached = new TopicPosition(topic, offsets).encode();
    return new Page(page, ended ? null : reached, reached, null, false);
  }

  private SourceException expired(String why) {
    close();
    return SourceException.expired(why);
  }

  private boolean isReached(Map<TopicPartition, Long> ends) {
    return ends.entrySet().stream()
        .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
  }

  /** With a consumer of its own: the other one stays where it is. */
  private LatestOffsets latest(List<TopicPartition> partitions, String position)
      throws SourceException {
    try (Consumer<byte[], byte[]> reader = cluster.consumer()) {
      reader.assign(partitions);
      seek(reader, partitions, position);
      return LatestOffsets.read(reader, reader.endOffsets(partitions), events);
    }
  }

  /** A partition that was not there is read from its begin. */
  private static void seek(
      Consumer<byte[], byte[]> consumer, List<TopicPartition> partitions, String position) {
    Map<Integer, Long> offsets =
        position == null ? Map.of() : TopicPosition.decode(position).offsets();
    for (TopicPartition partition : partitions) {
      Long offset = offsets.get(partition.partition());
      if (offset == null) {
        consumer.seekToBeginning(List.of(partition));
      } else {
        consumer.seek(partition, offset);
      }
    }
  }

  @Override
  public void close() {
    latest = null;
    assigned = List.of();
    if (consumer != null) {
      KafkaConsumers.close(consumer);
      consumer = null;
    }
    cluster.close();
  }
}
