package io.turnstile.job.commit.journal.kafka;

import io.turnstile.events.TopicNames;
import io.turnstile.events.VerdictHeaders;
import io.turnstile.job.commit.VerdictRecords;
import io.turnstile.job.commit.journal.JournalException;
import io.turnstile.job.commit.journal.LaneJournal;
import io.turnstile.job.commit.journal.LanePosition;
import io.turnstile.job.commit.journal.LaneRange;
import io.turnstile.job.decide.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.roaringbitmap.longlong.Roaring64Bitmap;

/** One lane of a {@link KafkaJournal}: a partition of each verdict topic, one transactional id. */
final class KafkaLane implements LaneJournal {

  /** Upper bound of the bytes of a record and its batch, without key, value and headers. */
  private static final int RECORD_OVERHEAD_BYTES = 128;

  private static final int HEADER_OVERHEAD_BYTES = 10;

  private static final Duration VISIBLE_POLL = Duration.ofMillis(2);

  private final KafkaJournalSettings settings;
  private final Map<String, Integer> maxMessageBytes;
  private final int number;
  private final String at;
  private final KafkaLaneLog log;
  private final KafkaLaneOwnership ownership;
  private final KafkaLaneProducer producer;
  private final VerdictRecords records;

  /**
   * @param strayLives see {@link KafkaLaneOwnership}
   * @param maxMessageBytes by topic
   * @param failed see {@link KafkaJournal#lane}
   */
  KafkaLane(
      KafkaJournalSettings settings,
      Duration strayLives,
      Admin admin,
      Map<String, Integer> maxMessageBytes,
      int number,
      Runnable failed) {
    this.settings = settings;
    this.maxMessageBytes = maxMessageBytes;
    this.number = number;
    at = "lane " + number + ": ";
    TopicNames topics = settings.topics();
    records = new VerdictRecords(topics);
    String transactionalId = topics.accepted() + "-lane-" + number;
    List<TopicPartition> partitions =
        topics.verdicts().stream().map(topic -> new TopicPartition(topic, number)).toList();
    log =
        new KafkaLaneLog(settings, admin, at, "turnstile-" + transactionalId + "-tail", partitions);
    ownership =
        new KafkaLaneOwnership(
            admin, at, transactionalId, settings.transactionTimeout(), strayLives);
    producer = new KafkaLaneProducer(settings, at, transactionalId, partitions, ownership, failed);
  }

  @Override
  public String target() {
    return "verdict topics";
  }

  @Override
  public LanePosition givenStart() throws JournalException {
    StartOffsets given = settings.startOffsets();
    return given == null ? null : given.of(log.parts()).position();
  }

  @Override
  public LaneRange takeOver(LanePosition from) throws JournalException, InterruptedException {
    LaneOffsets settled = from == null ? null : LaneOffsets.of(from);
    LaneOffsets end = new KafkaLaneFencing(at, producer, log).becomeOwner(settled);
    return new LaneExtent(number, log.parts(), log.begin(), end).rangeFrom(from);
  }

  @Override
  public void read(LaneRange range, Reader reader) throws JournalException, InterruptedException {
    LaneOffsets end = LaneOffsets.of(range.end());
    log.read(LaneOffsets.of(range.from()), end, reader);
    producer.continueAt(end);
  }

  @Override
  public Roaring64Bitmap appended(LaneRange range) throws JournalException, InterruptedException {
    return log.appended(LaneOffsets.of(range.from()), LaneOffsets.of(range.end()));
  }

  @Override
  public void append(Verdict verdict, long laneSeq) throws JournalException, InterruptedException {
    check();
    ProducerRecord<byte[], byte[]> record = records.toRecord(verdict);
    VerdictHeaders.add(record.headers(), VerdictHeaders.LANE_SEQ, Long.toString(laneSeq));
    requireFits(verdict, record);
    producer.send(log.partOf(record.topic()), record);
  }

  /** A verdict that is sent in vain would be decided and sent again after every restart. */
  private void requireFits(Verdict verdict, ProducerRecord<byte[], byte[]> record)
      throws JournalException.Refused {
    long size = RECORD_OVERHEAD_BYTES;
    size += record.key() == null ? 0 : record.key().length;
    size += record.value() == null ? 0 : record.value().length;
    for (Header header : record.headers()) {
      size += HEADER_OVERHEAD_BYTES + header.key().length() + header.value().length;
    }
    int ofTopic = maxMessageBytes.get(record.topic());
    int ofProducer = KafkaLaneProducer.maxRequestBytes(settings);
    if (size > Math.min(ofTopic, ofProducer)) {
      throw new JournalException.Refused(
          at
              + "the verdict of input "
              + verdict.position()
              + " has "
              + size
              + " bytes, max.message.bytes of "
              + record.topic()
              + " is "
              + ofTopic
              + " and max.request.size of the producer "
              + ofProducer
              + ": raise the smaller one");
    }
  }

  @Override
  public LanePosition commit() throws JournalException, InterruptedException {
    return producer.commit().position();
  }

  /**
   * A commit is acknowledged when the coordinator has it, and carried out on each partition after
   * that. A partition without a leader just then is taken for deleted (KAFKA-20734): its verdicts
   * stay invisible, and are aborted with the next transaction that is aborted there.
   */
  @Override
  public void awaitVisible(LanePosition position) throws JournalException, InterruptedException {
    LaneOffsets end = LaneOffsets.of(position);
    LaneOffsets visible = log.visibleEnd();
    long giveUpAt = System.nanoTime() + settings.takeOverTimeout().toNanos();
    while (!visible.equals(end)) {
      // In this order: what is complete by then is visible, or never will be.
      TransactionState state = ownership.transactionState();
      visible = log.visibleEnd();
      if (!log.behind(end, visible).isEmpty()) {
        // An owner that was fenced and has nothing to commit does not notice otherwise.
        throw new JournalException(
            at
                + log.visibleUpTo(visible)
                + ", what was committed ends at "
                + end.offsets()
                + KafkaFailures.FOREIGN);
      }
      if (!visible.equals(end)
          && (state != TransactionState.PREPARE_COMMIT || System.nanoTime() > giveUpAt)) {
        throw new JournalException(
            at
                + log.visibleUpTo(visible)
                + ", what was committed ends at "
                + end.offsets()
                + ", and the transaction is "
                + state
                + KafkaFailures.UNMARKED
                + ", or another program has a transaction open there");
      }
      Thread.sleep(VISIBLE_POLL.toMillis());
    }
  }

  @Override
  public void check() throws JournalException {
    producer.check();
  }

  @Override
  public JournalException diagnose(JournalException failure) throws InterruptedException {
    return ownership.diagnose(failure, producer.transactionAge());
  }

  @Override
  public void close() {
    producer.close();
  }
}
