package io.turnstile.job.commit.journal;

import io.turnstile.clients.Topics;
import io.turnstile.events.TopicNames;
import io.turnstile.events.VerdictHeaders;
import io.turnstile.job.commit.VerdictRecords;
import io.turnstile.job.decide.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.roaringbitmap.longlong.Roaring64Bitmap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One lane of a {@link KafkaJournal}: a partition of each verdict topic, one transactional id. */
final class KafkaLaneJournal implements LaneJournal {

  private static final Logger LOG = LoggerFactory.getLogger(KafkaLaneJournal.class);

  /** Kafka's own default of 100 ms is what a new transaction may have to wait for the last. */
  private static final String RETRY_BACKOFF_MILLIS = "2";

  private static final String MAX_RETRY_BACKOFF_MILLIS = "10";

  private static final long DIAGNOSIS_TIMEOUT_MILLIS = 5_000;

  /** More than a record and its batch have besides key, value and headers. */
  private static final int RECORD_OVERHEAD_BYTES = 128;

  /** Longer than intervals between commits are; after a longer one, a batch leaves early. */
  private static final String LINGER_MILLIS = "1000";

  /** What is more than this goes out before the commit. */
  private static final String BATCH_BYTES = Integer.toString(128 << 10);

  private static final int HEADER_OVERHEAD_BYTES = 10;

  private static final Duration VISIBLE_POLL = Duration.ofMillis(2);

  private static final String FOREIGN =
      ": another program writes to the verdict topics; stop it. Or another owner has taken over, or"
          + " a broker that started again has marked a commit twice";

  private static final String UNMARKED =
      ": the broker has not carried out a commit that it acknowledged (KAFKA-20734)";

  private final JournalSettings settings;
  private final Duration strayLives;
  private final Admin admin;
  private final Map<String, Integer> maxMessageBytes;
  private final int lane;
  private final String transactionalId;
  private final List<TopicPartition> partitions;
  private final KafkaLaneLog log;
  private final VerdictRecords records;
  private final Runnable failed;

  private volatile KafkaProducer<byte[], byte[]> producer;
  private volatile boolean closed;

  /** Where the next verdict of each part must stand; nobody else writes here. */
  private final long[] next;

  /** Which parts the open transaction has verdicts in. */
  private final boolean[] touched;

  private volatile boolean inTransaction;
  private volatile long transactionBegan;
  private final AtomicReference<JournalException> failure = new AtomicReference<>();

  /**
   * @param strayLives within which a process of this job that was given up for dead, and wakes up,
   *     notices so
   */
  KafkaLaneJournal(
      JournalSettings settings,
      Duration strayLives,
      Admin admin,
      Map<String, Integer> maxMessageBytes,
      int lane,
      Runnable failed) {
    this.settings = settings;
    this.strayLives = strayLives;
    this.admin = admin;
    this.maxMessageBytes = maxMessageBytes;
    this.lane = lane;
    this.failed = failed;
    records = new VerdictRecords(settings.topics());
    TopicNames topics = settings.topics();
    transactionalId = topics.accepted() + "-lane-" + lane;
    partitions = topics.verdicts().stream().map(topic -> new TopicPartition(topic, lane)).toList();
    log =
        new KafkaLaneLog(
            settings, admin, lane, "turnstile-" + transactionalId + "-tail", partitions);
    next = new long[partitions.size()];
    touched = new boolean[partitions.size()];
  }

  @Override
  public List<String> parts() {
    return log.parts();
  }

  @Override
  public LaneRange takeOver(LaneOffsets settled) throws JournalException, InterruptedException {
    fence();
    LaneOffsets end = log.end();
    LaneOffsets visible = log.visibleEnd();
    List<TopicPartition> unended = log.behind(visible, end);
    if (!unended.isEmpty()) {
      requireVisible(settled, visible);
      endTransactionsOn(unended);
      end = log.end();
    }
    return new LaneRange(log.begin(), end);
  }

  /** What readers do not see yet is about to be aborted, and a checkpoint may not rely on it. */
  private void requireVisible(LaneOffsets settled, LaneOffsets visible)
      throws JournalException.Refused {
    if (settled != null && !log.behind(visible, settled).isEmpty()) {
      throw new JournalException.Refused(
          at()
              + visibleUpTo(visible)
              + ", the checkpoint relies on what stands before "
              + settled.offsets()
              + ": restore an older checkpoint or savepoint");
    }
  }

  private void fence() throws JournalException, InterruptedException {
    run(
        "taking over transactional id " + transactionalId,
        () -> {
          producer =
              new KafkaProducer<>(
                  producerProperties(), new ByteArraySerializer(), new ByteArraySerializer());
          if (closed) {
            close();
          }
          producer.initTransactions();
          // Not when the first verdict waits for it.
          partitions.forEach(partition -> producer.partitionsFor(partition.topic()));
        });
  }

  /**
   * Ends what an earlier owner began, and what nobody else can end: the coordinator believes it
   * ended (KAFKA-20734). A record that never gets committed makes it a transaction of ours again,
   * and fencing ourselves aborts that and waits until it is done.
   */
  private void endTransactionsOn(List<TopicPartition> unended)
      throws JournalException, InterruptedException {
    LOG.warn("{}aborts what was begun and not ended on {}", at(), unended);
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    run(
        "ending transactions on " + unended,
        () -> {
          producer.beginTransaction();
          for (TopicPartition partition : unended) {
            sent.add(
                producer.send(
                    new ProducerRecord<>(
                        partition.topic(), partition.partition(), null, new byte[0])));
          }
          producer.flush();
        });
    for (Future<RecordMetadata> each : sent) {
      try {
        each.get();
      } catch (ExecutionException e) {
        // By now somebody else may be the owner: no reason to fence that one.
        throw explain("ending transactions on " + unended, e.getCause());
      }
    }
    producer.close(Duration.ZERO);
    fence();
  }

  private Properties producerProperties() {
    Properties properties = new Properties();
    properties.put(ProducerConfig.RETRY_BACKOFF_MS_CONFIG, RETRY_BACKOFF_MILLIS);
    properties.put(ProducerConfig.RETRY_BACKOFF_MAX_MS_CONFIG, MAX_RETRY_BACKOFF_MILLIS);
    properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Integer.toString(maxRequestBytes()));
    // The commit sends: requests before it would only be more requests.
    properties.put(ProducerConfig.LINGER_MS_CONFIG, LINGER_MILLIS);
    properties.put(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES);
    properties.put(ProducerConfig.CLIENT_ID_CONFIG, "turnstile-" + transactionalId);
    properties.putAll(settings.client());
    properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
    properties.put(
        ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
        Math.toIntExact(settings.transactionTimeout().toMillis()));
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    return properties;
  }

  private int maxRequestBytes() {
    Object given = settings.client().get(ProducerConfig.MAX_REQUEST_SIZE_CONFIG);
    return given == null ? Topics.MAX_DEAD_LETTER_BYTES : Integer.parseInt(given.toString());
  }

  @Override
  public void read(LaneOffsets from, LaneOffsets to, Reader reader)
      throws JournalException, InterruptedException {
    log.read(from, to, reader);
    for (int part = 0; part < next.length; part++) {
      next[part] = to.offset(part);
    }
  }

  @Override
  public Roaring64Bitmap appended(LaneOffsets from, LaneOffsets to)
      throws JournalException, InterruptedException {
    return log.appended(from, to);
  }

  @Override
  public void append(Verdict verdict, long laneSeq) throws JournalException, InterruptedException {
    check();
    ProducerRecord<byte[], byte[]> record = records.toRecord(verdict);
    VerdictHeaders.add(record.headers(), VerdictHeaders.LANE_SEQ, Long.toString(laneSeq));
    requireFits(verdict, record);
    int part = log.partOf(record.topic());
    touched[part] = true;
    run(
        "appending a verdict",
        () -> {
          if (!inTransaction) {
            inTransaction = true;
            transactionBegan = System.nanoTime();
            producer.beginTransaction();
          }
          Future<RecordMetadata> unused =
              producer.send(record, (written, e) -> acknowledged(part, written, e));
        });
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
    int ofProducer = maxRequestBytes();
    if (size > Math.min(ofTopic, ofProducer)) {
      throw new JournalException.Refused(
          at()
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

  /** In the producer's network thread. */
  private void acknowledged(int part, RecordMetadata written, Exception e) {
    if (e != null) {
      fail(explain("writing a verdict", e));
    } else if (written.offset() != next[part]) {
      fail(
          new JournalException(
              at()
                  + "a verdict went to offset "
                  + written.offset()
                  + " of "
                  + parts().get(part)
                  + " instead of "
                  + next[part]
                  + (written.offset() < next[part] ? UNMARKED : FOREIGN)));
    } else {
      next[part]++;
    }
  }

  private void fail(JournalException e) {
    if (failure.compareAndSet(null, e)) {
      failed.run();
    }
  }

  @Override
  public LaneOffsets commit() throws JournalException, InterruptedException {
    run("writing verdicts", producer::flush);
    check();
    run("committing", producer::commitTransaction);
    inTransaction = false;
    for (int part = 0; part < next.length; part++) {
      if (touched[part]) {
        // The marker of the commit takes an offset as well.
        next[part]++;
        touched[part] = false;
      }
    }
    return position();
  }

  /**
   * A commit is acknowledged when the coordinator has it, and carried out on each partition after
   * that. A partition without a leader just then is taken for deleted (KAFKA-20734): its verdicts
   * stay invisible, and are aborted with the next transaction that is aborted there.
   */
  @Override
  public void awaitVisible(LaneOffsets end) throws JournalException, InterruptedException {
    LaneOffsets visible = log.visibleEnd();
    long giveUpAt = System.nanoTime() + settings.takeOverTimeout().toNanos();
    while (!visible.equals(end)) {
      // In this order: what is complete by then is visible, or never will be.
      TransactionState state = describeTransaction().state();
      visible = log.visibleEnd();
      if (!log.behind(end, visible).isEmpty()) {
        // An owner that was fenced and has nothing to commit does not notice otherwise.
        throw new JournalException(
            at()
                + visibleUpTo(visible)
                + ", what was committed ends at "
                + end.offsets()
                + FOREIGN);
      }
      if (!visible.equals(end)
          && (state != TransactionState.PREPARE_COMMIT || System.nanoTime() > giveUpAt)) {
        throw new JournalException(
            at()
                + visibleUpTo(visible)
                + ", what was committed ends at "
                + end.offsets()
                + ", and the transaction is "
                + state
                + UNMARKED
                + ", or another program has a transaction open there");
      }
      Thread.sleep(VISIBLE_POLL.toMillis());
    }
  }

  private String visibleUpTo(LaneOffsets visible) {
    return "readers see " + parts() + " up to " + visible.offsets();
  }

  private LaneOffsets position() {
    return new LaneOffsets(Arrays.stream(next).boxed().toList());
  }

  @Override
  public void check() throws JournalException {
    JournalException known = failure.get();
    if (known != null) {
      throw known;
    }
  }

  private interface KafkaAction {
    void run();
  }

  private void run(String what, KafkaAction action) throws JournalException, InterruptedException {
    try {
      action.run();
    } catch (InterruptException e) {
      throw KafkaFailures.interrupted();
    } catch (KafkaException | IllegalStateException e) {
      throw explain(what, e);
    }
  }

  private JournalException explain(String what, Throwable e) {
    if (!isFencing(e) && KafkaFailures.find(InvalidTxnStateException.class, e) == null) {
      return KafkaFailures.explain(at() + what, e);
    }
    if (isTimedOut()) {
      return new JournalException(
          at()
              + what
              + " failed: the transaction was open for "
              + transactionAge().toSeconds()
              + " s, after "
              + settings.transactionTimeout().toSeconds()
              + " s the broker aborts it; the job goes back to its last checkpoint",
          e);
    }
    return new JournalException(
        at()
            + what
            + " failed: another owner took over transactional id "
            + transactionalId
            + "; the job goes back to its last checkpoint",
        e);
  }

  /** Whether the broker itself has fenced us, or is about to. */
  private boolean isTimedOut() {
    return inTransaction && transactionAge().compareTo(settings.transactionTimeout()) >= 0;
  }

  private Duration transactionAge() {
    return Duration.ofNanos(System.nanoTime() - transactionBegan);
  }

  private static boolean isFencing(Throwable e) {
    return KafkaFailures.find(ProducerFencedException.class, e) != null
        || KafkaFailures.find(InvalidProducerEpochException.class, e) != null;
  }

  /**
   * Tells another job from a process of our own that was thought dead: the latter goes away soon.
   * Kafka knows no more of a transaction's owner than its producer id and epoch, and that it
   * commits.
   */
  @Override
  public JournalException diagnose(JournalException e) throws InterruptedException {
    if (e instanceof JournalException.Refused || !isFencing(e) || isTimedOut()) {
      return e;
    }
    TransactionDescription before;
    TransactionDescription after;
    try {
      Thread.sleep(strayLives.toMillis());
      before = describeTransaction();
      Thread.sleep(strayLives.toMillis());
      after = describeTransaction();
    } catch (JournalException unknown) {
      e.addSuppressed(unknown);
      return e;
    }
    if (after.producerId() == before.producerId()
        && after.producerEpoch() == before.producerEpoch()) {
      return e;
    }
    return new JournalException.Refused(
        at()
            + "another job writes to the same verdict topics: it has taken over transactional id "
            + transactionalId
            + " ("
            + KafkaFailures.oneLine(e.getCause())
            + ") and goes on committing as producer "
            + after.producerId()
            + " epoch "
            + after.producerEpoch()
            + "; stop one of the two jobs, or give it topics of its own (--topic-prefix)",
        e);
  }

  private TransactionDescription describeTransaction()
      throws JournalException, InterruptedException {
    return KafkaJournal.get(
        at() + "asking who owns transactional id " + transactionalId,
        admin.describeTransactions(List.of(transactionalId)).description(transactionalId),
        DIAGNOSIS_TIMEOUT_MILLIS);
  }

  @Override
  public void close() {
    closed = true;
    KafkaProducer<byte[], byte[]> open = producer;
    if (open == null) {
      return;
    }
    try {
      // No time: whatever is still to be sent must not be.
      open.close(Duration.ZERO);
    } catch (InterruptException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String at() {
    return "lane " + lane + ": ";
  }
}
