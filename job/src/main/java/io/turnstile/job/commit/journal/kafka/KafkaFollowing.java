package io.turnstile.job.commit.journal.kafka;

import io.turnstile.job.commit.journal.Journal;
import io.turnstile.job.commit.journal.JournalException;
import io.turnstile.job.commit.journal.LanePosition;
import io.turnstile.job.commit.journal.LaneRange;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/** Reads what is committed to some lanes, as it comes, with one consumer for all of them. */
final class KafkaFollowing {

  /** A follower that has enough is waited for by everybody. */
  private static final Duration POLL = Duration.ofMillis(20);

  private final KafkaJournalSettings settings;
  private final SortedMap<Integer, LaneRange> ranges;
  private final VerdictConsumer verdicts;

  /**
   * @param ranges by lane: where to begin, and where the end was
   */
  KafkaFollowing(KafkaJournalSettings settings, Map<Integer, LaneRange> ranges) {
    this.settings = settings;
    this.ranges = new TreeMap<>(ranges);
    String lanes = "lanes " + this.ranges.keySet() + ": ";
    verdicts = new VerdictConsumer(settings, lanes, clientId(settings, this.ranges.firstKey()));
  }

  /** Another one for each subtask, whose lanes are no other's. */
  static String clientId(KafkaJournalSettings settings, int firstLane) {
    return "turnstile-" + settings.topics().accepted() + "-following-" + firstLane;
  }

  /** See {@link Journal#follow}. */
  Map<Integer, LanePosition> run(Journal.Follower follower)
      throws JournalException, InterruptedException {
    return verdicts.read(IsolationLevel.READ_COMMITTED, consumer -> read(consumer, follower));
  }

  private Map<Integer, LanePosition> read(
      KafkaConsumer<byte[], byte[]> consumer, Journal.Follower follower)
      throws JournalException, InterruptedException {
    consumer.assign(
        ranges.keySet().stream().flatMap(lane -> settings.partitions(lane).stream()).toList());
    ranges.forEach(
        (lane, range) ->
            VerdictConsumer.seek(
                consumer, settings.partitions(lane), LaneOffsets.of(range.from())));
    boolean caughtUp = false;
    while (follower.goesOn()) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        // A lane is a partition of each topic.
        follower.read(record.partition(), verdicts.entryOf(record));
      }
      caughtUp = caughtUp || isCaughtUp(consumer);
      follower.endOfBatch(caughtUp);
    }
    Map<Integer, LanePosition> reached = new HashMap<>();
    for (int lane : ranges.keySet()) {
      List<Long> offsets = settings.partitions(lane).stream().map(consumer::position).toList();
      reached.put(lane, new LaneOffsets(offsets).position());
    }
    return reached;
  }

  /** Past markers and aborted records, too. */
  private boolean isCaughtUp(KafkaConsumer<?, ?> consumer) {
    for (Map.Entry<Integer, LaneRange> range : ranges.entrySet()) {
      LaneOffsets end = LaneOffsets.of(range.getValue().end());
      List<TopicPartition> partitions = settings.partitions(range.getKey());
      for (int part = 0; part < partitions.size(); part++) {
        if (consumer.position(partitions.get(part)) < end.offset(part)) {
          return false;
        }
      }
    }
    return true;
  }
}
