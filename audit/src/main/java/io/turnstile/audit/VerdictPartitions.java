package io.turnstile.audit;

import io.turnstile.audit.CommittedLog.Cursor;
import io.turnstile.events.Outcome;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * The partitions of the verdict topics: where the audit starts in each, and up to which offset it
 * has read. Used by one thread; what it reads is given to receivers by several, each partition by
 * one at a time.
 */
final class VerdictPartitions {

  /** An upper bound for the difference between the clocks of two brokers. */
  private static final Duration CLOCK_SKEW = Duration.ofMinutes(5);

  private final CommittedLog log;
  private final PartitionReaders readers;
  private final Duration patience;

  private final Map<TopicPartition, Outcome> outcomes = new HashMap<>();
  private final Map<TopicPartition, Long> starts;
  private final Map<TopicPartition, Long> positions;

  /** Partitions from which records were deleted that may be about the range. */
  private final Set<TopicPartition> truncated = new HashSet<>();

  /**
   * Fixes the starts.
   *
   * @throws AuditException if a topic does not exist
   */
  VerdictPartitions(AuditConfig config, CommittedLog log, PartitionReaders readers) {
    this.log = log;
    this.readers = readers;
    patience = config.waitFor();
    for (Outcome outcome : Outcome.values()) {
      log.existingPartitions(config.topics().verdict(outcome))
          .forEach(partition -> outcomes.put(partition, outcome));
    }
    Map<TopicPartition, Long> ends = log.stableEnds(outcomes.keySet());
    Map<TopicPartition, Long> logStarts = log.startOffsets(outcomes.keySet());
    starts =
        log.startsSince(ends, config.since() == null ? null : config.since().minus(CLOCK_SKEW));
    positions = new HashMap<>(starts);
    starts.forEach(
        (partition, start) -> {
          if (start > 0 && start.equals(logStarts.get(partition))) {
            truncated.add(partition);
          }
        });
  }

  /** The number of lanes: of partitions of the topic that has most. */
  int lanes() {
    return 1 + outcomes.keySet().stream().mapToInt(TopicPartition::partition).max().orElse(0);
  }

  /**
   * Reads all committed verdicts.
   *
   * @param horizon is told of partitions from which verdicts were deleted
   */
  void read(
      BiConsumer<Outcome, ConsumerRecord<byte[], byte[]>> receiver, RetentionHorizon horizon) {
    long now = System.currentTimeMillis();
    Set<TopicPartition> unseen = ConcurrentHashMap.newKeySet();
    unseen.addAll(truncated);
    positions.putAll(
        readers.read(
            "verdicts",
            starts,
            log.stableEnds(outcomes.keySet()),
            record -> {
              TopicPartition partition = partition(record);
              if (!unseen.isEmpty() && unseen.remove(partition)) {
                horizon.deletedFrom(outcomes.get(partition), record.timestamp());
              }
              receiver.accept(outcomes.get(partition), record);
            }));
    unseen.forEach(partition -> horizon.deletedFrom(outcomes.get(partition), now));
  }

  /**
   * Continues to read all partitions, until there is enough or the configured wait is over.
   *
   * @return true if any verdict came
   */
  boolean readOn(
      BiConsumer<Outcome, ConsumerRecord<byte[], byte[]>> receiver, BooleanSupplier enough) {
    if (enough.getAsBoolean()) {
      return false;
    }
    long deadline = System.nanoTime() + patience.toNanos();
    boolean any = false;
    try (Cursor cursor = log.open(positions)) {
      while (!enough.getAsBoolean() && System.nanoTime() - deadline < 0) {
        for (ConsumerRecord<byte[], byte[]> record : cursor.poll(PartitionReaders.POLL)) {
          any = true;
          receiver.accept(outcomes.get(partition(record)), record);
        }
        positions.replaceAll((partition, position) -> cursor.position(partition));
      }
    }
    return any;
  }

  /** Reads once more all that was read. */
  void readAgain(String phase, BiConsumer<Outcome, ConsumerRecord<byte[], byte[]>> receiver) {
    readers.read(
        phase,
        starts,
        positions,
        record -> receiver.accept(outcomes.get(partition(record)), record));
  }

  /** Reads once more what was read of some lanes in one topic. */
  void readAgain(
      String phase,
      Outcome topic,
      Set<Integer> lanes,
      BiConsumer<Outcome, ConsumerRecord<byte[], byte[]>> receiver) {
    Map<TopicPartition, Long> some = new HashMap<>(starts);
    some.keySet().removeIf(p -> outcomes.get(p) != topic || !lanes.contains(p.partition()));
    readers.read(phase, some, positions, record -> receiver.accept(topic, record));
  }

  /** Reads once more what was read of a lane, and with it what was never committed. */
  void readUncommitted(int lane, Consumer<ConsumerRecord<byte[], byte[]>> receiver) {
    readers.readUncommitted(
        "lane " + lane + " for lane-seq that were never committed",
        ofLane(lane, starts),
        ofLane(lane, positions),
        receiver);
  }

  private static Map<TopicPartition, Long> ofLane(int lane, Map<TopicPartition, Long> offsets) {
    return offsets.entrySet().stream()
        .filter(entry -> entry.getKey().partition() == lane)
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  /** The topics of which the audit does not read a lane's partition from offset 0. */
  Set<Outcome> startedLater(int lane) {
    Set<Outcome> topics = EnumSet.noneOf(Outcome.class);
    ofLane(lane, starts)
        .forEach(
            (partition, start) -> {
              if (start > 0) {
                topics.add(outcomes.get(partition));
              }
            });
    return topics;
  }

  /** The offsets behind the last record of each partition, committed or not, as they are now. */
  Map<TopicPartition, Long> appendedEnds() {
    return log.appendedEnds(outcomes.keySet());
  }

  /** Those of the given partitions that were not read up to the given offset. */
  Set<TopicPartition> notReadTo(Map<TopicPartition, Long> ends) {
    return ends.keySet().stream()
        .filter(partition -> positions.get(partition) < ends.get(partition))
        .collect(Collectors.toSet());
  }

  /**
   * Names the partitions that have records behind the last one that could be read.
   *
   * @return an empty text if there are none
   */
  String hiddenByTransactions() {
    return notReadTo(appendedEnds()).stream()
        .map(partition -> partition + " from offset " + positions.get(partition))
        .sorted()
        .collect(Collectors.joining(", "));
  }

  /** Partitions from which records were deleted that may be about the range. */
  Set<TopicPartition> truncated() {
    return Collections.unmodifiableSet(truncated);
  }

  private static TopicPartition partition(ConsumerRecord<byte[], byte[]> record) {
    return new TopicPartition(record.topic(), record.partition());
  }
}
