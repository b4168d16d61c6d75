package io.turnstile.job.commit.journal.kafka;

import io.turnstile.events.VerdictHeaders;
import io.turnstile.job.commit.journal.JournalException;
import io.turnstile.job.commit.journal.LaneJournal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.roaringbitmap.longlong.Roaring64Bitmap;

/** Reads the partitions of a lane: where they begin and end, and the verdicts in them. */
final class KafkaLaneLog {

  private static final Duration POLL = Duration.ofMillis(200);

  private final KafkaJournalSettings settings;
  private final Admin admin;
  private final String at;
  private final VerdictConsumer verdicts;
  private final List<TopicPartition> partitions;

  /**
   * @param at begins every message
   * @param partitions one of each verdict topic
   */
  KafkaLaneLog(
      KafkaJournalSettings settings,
      Admin admin,
      String at,
      String clientId,
      List<TopicPartition> partitions) {
    this.settings = settings;
    this.admin = admin;
    this.at = at;
    this.partitions = partitions;
    verdicts = new VerdictConsumer(settings, at, clientId);
  }

  /** The names of the partitions, for messages. */
  List<String> parts() {
    return partitions.stream()
        .map(partition -> partition.topic() + "/" + partition.partition())
        .toList();
  }

  private LaneOffsets offsets(OffsetSpec spec, IsolationLevel isolation)
      throws JournalException, InterruptedException {
    Map<TopicPartition, ListOffsetsResultInfo> offsets =
        KafkaJournal.get(
            at + "asking where the verdict topics begin and end",
            admin
                .listOffsets(
                    partitions.stream()
                        .collect(Collectors.toMap(Function.identity(), partition -> spec)),
                    new ListOffsetsOptions(isolation))
                .all(),
            settings.takeOverTimeout().toMillis());
    return new LaneOffsets(
        partitions.stream().map(partition -> offsets.get(partition).offset()).toList());
  }

  /** The oldest offsets that are still there. */
  LaneOffsets begin() throws JournalException, InterruptedException {
    return offsets(OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED);
  }

  /** The offsets of the next records, after committed and uncommitted ones. */
  LaneOffsets end() throws JournalException, InterruptedException {
    return offsets(OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED);
  }

  /** The offsets that readers of committed verdicts cannot pass. */
  LaneOffsets visibleEnd() throws JournalException, InterruptedException {
    return offsets(OffsetSpec.latest(), IsolationLevel.READ_COMMITTED);
  }

  /** A piece of a message. */
  String visibleUpTo(LaneOffsets visible) {
    return "readers see " + parts() + " up to " + visible.offsets();
  }

  /** The partitions in which one position is before another. */
  List<TopicPartition> behind(LaneOffsets position, LaneOffsets other) {
    List<TopicPartition> behind = new ArrayList<>();
    for (int part = 0; part < partitions.size(); part++) {
      if (position.offset(part) < other.offset(part)) {
        behind.add(partitions.get(part));
      }
    }
    return behind;
  }

  /** See {@link LaneJournal#read}. */
  void read(LaneOffsets from, LaneOffsets to, LaneJournal.Reader reader)
      throws JournalException, InterruptedException {
    read(IsolationLevel.READ_COMMITTED, from, to, record -> reader.read(verdicts.entryOf(record)));
  }

  /** See {@link LaneJournal#appended}. */
  Roaring64Bitmap appended(LaneOffsets from, LaneOffsets to)
      throws JournalException, InterruptedException {
    Roaring64Bitmap numbers = new Roaring64Bitmap();
    read(
        IsolationLevel.READ_UNCOMMITTED,
        from,
        to,
        record -> VerdictHeaders.uncommittedLaneSeq(record.headers()).ifPresent(numbers::addLong));
    return numbers;
  }

  /** Takes what is read. */
  private interface RecordReader {
    void read(ConsumerRecord<byte[], byte[]> record) throws JournalException, InterruptedException;
  }

  private void read(IsolationLevel isolation, LaneOffsets from, LaneOffsets to, RecordReader reader)
      throws JournalException, InterruptedException {
    if (from.equals(to)) {
      return;
    }
    Void unused =
        verdicts.read(
            isolation,
            consumer -> {
              read(consumer, from, to, reader);
              return null;
            });
  }

  private void read(
      KafkaConsumer<byte[], byte[]> consumer, LaneOffsets from, LaneOffsets to, RecordReader reader)
      throws JournalException, InterruptedException {
    consumer.assign(partitions);
    VerdictConsumer.seek(consumer, partitions, from);
    Map<TopicPartition, Long> reached = new HashMap<>();
    for (int part = 0; part < partitions.size(); part++) {
      reached.put(partitions.get(part), from.offset(part));
    }
    long progressAt = System.nanoTime();
    while (true) {
      int behind = pauseThoseRead(reached, to, consumer);
      if (behind < 0) {
        return;
      }
      if (System.nanoTime() - progressAt > settings.takeOverTimeout().toNanos()) {
        throw stuck(behind, reached.get(partitions.get(behind)), to.offset(behind));
      }
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        // What a foreign writer appended since the end was fixed is found when we append.
        if (record.offset() < to.offset(partOf(record.topic()))) {
          reader.read(record);
        }
      }
      for (TopicPartition partition : partitions) {
        // Moves past markers and aborted records, too.
        long position = consumer.position(partition);
        if (position > reached.put(partition, position)) {
          progressAt = System.nanoTime();
        }
      }
    }
  }

  /** A part that is not read to the end yet, or -1. */
  private int pauseThoseRead(
      Map<TopicPartition, Long> reached, LaneOffsets to, KafkaConsumer<?, ?> consumer) {
    int behind = -1;
    for (int part = 0; part < partitions.size(); part++) {
      TopicPartition partition = partitions.get(part);
      if (reached.get(partition) < to.offset(part)) {
        behind = part;
      } else {
        consumer.pause(List.of(partition));
      }
    }
    return behind;
  }

  private JournalException stuck(int part, long position, long end)
      throws JournalException, InterruptedException {
    return new JournalException(
        at
            + "no progress for "
            + settings.takeOverTimeout().toSeconds()
            + " s in reading "
            + parts().get(part)
            + " at offset "
            + position
            + " of "
            + end
            + ", the last stable offset is "
            + visibleEnd().offset(part)
            + ": another program has a transaction open on it, or a broker has forgotten one of a"
            + " producer id that is no longer in use (KAFKA-20734); find it with"
            + " kafka-transactions.sh describe-producers or find-hanging, and end it");
  }

  int partOf(String topic) {
    return settings.topics().verdicts().indexOf(topic);
  }
}
