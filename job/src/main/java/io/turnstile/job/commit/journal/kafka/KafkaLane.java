package io.turnstile.job.commit.journal.kafka;

import io.turnstile.clients.Generation;
import io.turnstile.clients.RecordSize;
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
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.roaringbitmap.longlong.Roaring64Bitmap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One lane of a {@link KafkaJournal}: a partition of each verdict topic, one transactional id. */
final class KafkaLane implements LaneJournal {

  private static final Logger LOG = LoggerFactory.getLogger(KafkaLane.class);

  private final KafkaJournalSettings settings;
  private final Map<String, Integer> maxMessageBytes;
  private final Supplier<Duration> maxIdle;
  private final Semaphore takeOversAgain;
  private final int number;
  private final String at;
  private final KafkaLaneLog log;
  private final KafkaLaneOwnership ownership;
  private final KafkaLaneProducer producer;
  private final VerdictRecords records;
  private final KafkaLaneOwners owners;

  /**
   * @param strayLives see {@link KafkaLaneOwnership}
   * @param maxMessageBytes by topic
   * @param maxIdle without a commit for so long, the lane is taken over again at a checkpoint
   * @param takeOversAgain limits how many lanes of the journal do so at a time
   * @param failed see {@link KafkaJournal#lane}
   */
  KafkaLane(
      KafkaJournalSettings settings,
      Duration strayLives,
      Admin admin,
      Map<String, Integer> maxMessageBytes,
      Supplier<Duration> maxIdle,
      Semaphore takeOversAgain,
      int number,
      Runnable failed) {
    this.settings = settings;
    this.maxMessageBytes = maxMessageBytes;
    this.maxIdle = maxIdle;
    this.takeOversAgain = takeOversAgain;
    this.number = number;
    at = "lane " + number + ": ";
    TopicNames topics = settings.topics();
    records = new VerdictRecords(topics);
    String transactionalId = topics.accepted() + "-lane-" + number;
    List<TopicPartition> partitions = settings.partitions(number);
    log =
        new KafkaLaneLog(settings, admin, at, "turnstile-" + transactionalId + "-tail", partitions);
    ownership =
        new KafkaLaneOwnership(
            timeout -> describe(admin, transactionalId, timeout),
            at,
            transactionalId,
            settings.transactionTimeout(),
            strayLives);
    producer = new KafkaLaneProducer(settings, at, transactionalId, partitions, ownership, failed);
    owners = new KafkaLaneOwners(settings, admin, at, number, producer, ownership);
  }

  private TransactionDescription describe(Admin admin, String transactionalId, Duration timeout)
      throws JournalException, InterruptedException {
    return KafkaJournal.get(
        at + "asking who owns transactional id " + transactionalId,
        admin.describeTransactions(List.of(transactionalId)).description(transactionalId),
        timeout.toMillis());
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
  public LaneRange beginFollowing(LanePosition from) throws JournalException, InterruptedException {
    producer.prepare(settings.topics().owners());
    LaneOffsets end = log.visibleEnd();
    return new LaneExtent(number, log.parts(), log.begin(), end).rangeFrom(from);
  }

  @Override
  public Optional<Generation> owner() throws JournalException, InterruptedException {
    return owners.owner();
  }

  @Override
  public void claim(Generation generation) throws JournalException, InterruptedException {
    owners.claim(generation);
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
    long size = RecordSize.upperBound(record);
    int ofTopic = maxMessageBytes.get(record.topic());
    int ofProducer = KafkaLaneProperties.maxRequestBytes(settings);
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

  @Override
  public void awaitVisible(LanePosition position) throws JournalException, InterruptedException {
    owners.requireStillMine();
    LaneOffsets end = LaneOffsets.of(position);
    Duration limit = maxIdle.get();
    if (!producer.isIdleFor(limit)) {
      awaitVisible(end);
      return;
    }
    takeOversAgain.acquire();
    try {
      // In this order, and not before its turn: an owner that can see that it was replaced must
      // not fence its successor.
      awaitVisible(end);
      takeOverAgain(end);
    } finally {
      takeOversAgain.release();
    }
    LOG.info("{}taken over again, after {} or more without a commit", at, limit);
  }

  /**
   * The coordinator forgets a transactional id that is idle, and refuses what its producer writes
   * then. Nothing is uncommitted here, so this is a take-over whose tail must be empty: what
   * anybody has written since is unknown to the state that the checkpoint is about to hold.
   */
  private void takeOverAgain(LaneOffsets own) throws JournalException, InterruptedException {
    producer.fenceAgain();
    owners.requireStillMine();
    LaneExtent.requireEnd(number, log.parts(), log.end(), own);
  }

  /** What stays invisible is aborted with the next transaction that is aborted on its partition. */
  private void awaitVisible(LaneOffsets end) throws JournalException, InterruptedException {
    ownership.awaitVisible(() -> missing(end), settings.takeOverTimeout());
  }

  private String missing(LaneOffsets end) throws JournalException, InterruptedException {
    LaneOffsets visible = log.visibleEnd();
    requireNothingForeign(end, visible);
    return visible.equals(end)
        ? null
        : log.visibleUpTo(visible) + ", what was committed ends at " + end.offsets();
  }

  /** An owner that was fenced and has nothing to commit does not notice otherwise. */
  private void requireNothingForeign(LaneOffsets end, LaneOffsets visible) throws JournalException {
    if (!log.behind(end, visible).isEmpty()) {
      throw new JournalException(
          at
              + log.visibleUpTo(visible)
              + ", what was committed ends at "
              + end.offsets()
              + KafkaFailures.FOREIGN);
    }
  }

  @Override
  public void check() throws JournalException {
    producer.check();
  }

  @Override
  public JournalException diagnose(JournalException failure) throws InterruptedException {
    return ownership.diagnose(failure, producer.transactionAge(), producer.owned());
  }

  @Override
  public void close() {
    producer.close();
  }
}
