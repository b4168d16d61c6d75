package io.turnstile.job.journal;

import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.Topics;
import io.turnstile.events.VerdictCodec;
import io.turnstile.events.VerdictHeaders;
import io.turnstile.job.journal.JournalEntry.Recollection;
import io.turnstile.job.kafka.VerdictRecords;
import io.turnstile.job.stream.Verdict;
import io.turnstile.job.turnstile.Acceptance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
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

  private static final Duration POLL = Duration.ofMillis(200);
  private static final long DIAGNOSIS_TIMEOUT_MILLIS = 5_000;

  /** More than a record and its batch have besides key, value and headers. */
  private static final int RECORD_OVERHEAD_BYTES = 128;

  /** Longer than intervals between commits are; after a longer one, a batch leaves early. */
  private static final String LINGER_MILLIS = "1000";

  /** What is more than this goes out before the commit. */
  private static final String BATCH_BYTES = Integer.toString(128 << 10);

  private static final int HEADER_OVERHEAD_BYTES = 10;

  private static final Duration VISIBLE_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration VISIBLE_POLL = Duration.ofMillis(2);

  private static final String UNMARKED =
      "the broker acknowledged a commit and did not carry it out on every partition (KAFKA-20734);"
          + " the job goes back to its last checkpoint";

  private final JournalSettings settings;
  private final Duration strayLives;
  private final Admin admin;
  private final Map<String, Integer> maxMessageBytes;
  private final int lane;
  private final String transactionalId;
  private final List<TopicPartition> partitions;
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
    next = new long[partitions.size()];
    touched = new boolean[partitions.size()];
  }

  @Override
  public List<String> parts() {
    return partitions.stream()
        .map(partition -> partition.topic() + "/" + partition.partition())
        .toList();
  }

  @Override
  public Extent takeOver() throws JournalException, InterruptedException {
    fence();
    JournalPosition end = end();
    List<TopicPartition> unended = before(end, visibleEnd());
    if (!unended.isEmpty()) {
      endTransactionsOn(unended);
      end = end();
    }
    return new Extent(offsets(OffsetSpec.earliest(), IsolationLevel.READ_UNCOMMITTED), end);
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
    run(
        "ending transactions on " + unended,
        () -> {
          producer.beginTransaction();
          for (TopicPartition partition : unended) {
            Future<RecordMetadata> unused =
                producer.send(
                    new ProducerRecord<>(
                        partition.topic(), partition.partition(), null, new byte[0]));
          }
          producer.flush();
          producer.close(Duration.ZERO);
        });
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

  private JournalPosition offsets(OffsetSpec spec, IsolationLevel isolation)
      throws JournalException, InterruptedException {
    Map<TopicPartition, ListOffsetsResultInfo> offsets =
        KafkaJournal.get(
            at() + "asking where the verdict topics begin and end",
            admin
                .listOffsets(
                    partitions.stream()
                        .collect(Collectors.toMap(Function.identity(), partition -> spec)),
                    new ListOffsetsOptions(isolation))
                .all(),
            settings.takeOverTimeout().toMillis());
    return new JournalPosition(
        partitions.stream().map(partition -> offsets.get(partition).offset()).toList());
  }

  private JournalPosition end() throws JournalException, InterruptedException {
    return offsets(OffsetSpec.latest(), IsolationLevel.READ_UNCOMMITTED);
  }

  private JournalPosition visibleEnd() throws JournalException, InterruptedException {
    return offsets(OffsetSpec.latest(), IsolationLevel.READ_COMMITTED);
  }

  /** The partitions that are not as far as they should be. */
  private List<TopicPartition> before(JournalPosition expected, JournalPosition actual) {
    List<TopicPartition> behind = new ArrayList<>();
    for (int part = 0; part < partitions.size(); part++) {
      if (actual.offset(part) < expected.offset(part)) {
        behind.add(partitions.get(part));
      }
    }
    return behind;
  }

  @Override
  public void read(JournalPosition from, JournalPosition to, Reader reader)
      throws JournalException, InterruptedException {
    read(IsolationLevel.READ_COMMITTED, from, to, record -> reader.read(entryOf(record)));
    for (int part = 0; part < next.length; part++) {
      next[part] = to.offset(part);
    }
  }

  @Override
  public Roaring64Bitmap appended(JournalPosition from, JournalPosition to)
      throws JournalException, InterruptedException {
    Roaring64Bitmap numbers = new Roaring64Bitmap();
    read(
        IsolationLevel.READ_UNCOMMITTED,
        from,
        to,
        record -> {
          String seq = VerdictHeaders.optional(record.headers(), VerdictHeaders.LANE_SEQ);
          if (seq != null) {
            numbers.addLong(Long.parseLong(seq));
          }
        });
    return numbers;
  }

  /** Takes what is read. */
  private interface RecordReader {
    void read(ConsumerRecord<byte[], byte[]> record) throws JournalException, InterruptedException;
  }

  private void read(
      IsolationLevel isolation, JournalPosition from, JournalPosition to, RecordReader reader)
      throws JournalException, InterruptedException {
    if (from.equals(to)) {
      return;
    }
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            consumerProperties(isolation),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      read(consumer, from, to, reader);
    } catch (InterruptException e) {
      throw interrupted();
    } catch (KafkaException e) {
      throw KafkaFailures.explain(at() + "reading what was committed since the checkpoint", e);
    }
  }

  private Properties consumerProperties(IsolationLevel isolation) {
    Properties properties = new Properties();
    properties.putAll(settings.client());
    properties.remove(ConsumerConfig.GROUP_ID_CONFIG);
    properties.put(ConsumerConfig.CLIENT_ID_CONFIG, "turnstile-" + transactionalId + "-tail");
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, isolation.toString());
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    return properties;
  }

  private void read(
      KafkaConsumer<byte[], byte[]> consumer,
      JournalPosition from,
      JournalPosition to,
      RecordReader reader)
      throws JournalException, InterruptedException {
    consumer.assign(partitions);
    Map<TopicPartition, Long> reached = new HashMap<>();
    for (int part = 0; part < partitions.size(); part++) {
      consumer.seek(partitions.get(part), from.offset(part));
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
      Map<TopicPartition, Long> reached, JournalPosition to, KafkaConsumer<?, ?> consumer) {
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
        at()
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
            + ": another program has a transaction open on it; find it with kafka-transactions.sh"
            + " describe-producers, and end it");
  }

  private int partOf(String topic) {
    return settings.topics().verdicts().indexOf(topic);
  }

  private JournalEntry entryOf(ConsumerRecord<byte[], byte[]> record) throws JournalException {
    String place = record.topic() + "/" + record.partition() + " offset " + record.offset();
    try {
      Headers headers = record.headers();
      String seq = VerdictHeaders.optional(headers, VerdictHeaders.LANE_SEQ);
      SourcePosition source = VerdictHeaders.position(headers);
      return new JournalEntry(
          place,
          seq == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(seq)),
          source,
          record.topic().equals(settings.topics().accepted())
              ? recollection(source, record.value())
              : null);
    } catch (RuntimeException e) {
      throw new JournalException.Refused(
          at()
              + "the record at "
              + place
              + " is no verdict ("
              + e.getMessage()
              + "): another program writes to the verdict topics; stop it, and use new ones",
          e);
    }
  }

  private static Recollection recollection(SourcePosition source, byte[] value) {
    VerdictCodec.Acceptance accepted = VerdictCodec.decodeAcceptance(value);
    // Whose payload could be read is routed by its customer.
    return new Recollection(
        accepted.customerId(),
        new Acceptance(
            accepted.transactionId(),
            accepted.contentHash(),
            source.partition(),
            source.offset(),
            accepted.receivedAt(),
            accepted.decidedAt()));
  }

  @Override
  public void append(Verdict verdict, long laneSeq) throws JournalException, InterruptedException {
    check();
    ProducerRecord<byte[], byte[]> record = records.toRecord(verdict);
    VerdictHeaders.add(record.headers(), VerdictHeaders.LANE_SEQ, Long.toString(laneSeq));
    requireFits(verdict, record);
    int part = partOf(record.topic());
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
                  + (written.offset() < next[part]
                      ? ": " + UNMARKED
                      : ": another program writes to the verdict topics; stop it. Unless a broker"
                          + " has just started: it may have marked a commit twice")));
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
  public JournalPosition commit() throws JournalException, InterruptedException {
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
  public void awaitVisible(JournalPosition end) throws JournalException, InterruptedException {
    long giveUpAt = 0;
    while (true) {
      JournalPosition visible = visibleEnd();
      if (visible.equals(end)) {
        return;
      }
      if (before(end, visible).isEmpty()) {
        // An owner that was fenced and has nothing to commit does not notice otherwise.
        throw new JournalException(
            at() + visibleUpTo(visible, end) + "another program, or another owner, has written");
      }
      long now = System.nanoTime();
      if (giveUpAt == 0) {
        // A broker that does not answer has its own timeout.
        giveUpAt = now + VISIBLE_TIMEOUT.toNanos();
      } else if (now > giveUpAt) {
        throw new JournalException(
            at()
                + visibleUpTo(visible, end)
                + "either another program has a transaction open there, or "
                + UNMARKED);
      }
      Thread.sleep(VISIBLE_POLL.toMillis());
    }
  }

  private String visibleUpTo(JournalPosition visible, JournalPosition end) {
    return "readers see "
        + parts()
        + " up to "
        + visible.offsets()
        + ", what was committed ends at "
        + end.offsets()
        + ": ";
  }

  private JournalPosition position() {
    return new JournalPosition(Arrays.stream(next).boxed().toList());
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
      throw interrupted();
    } catch (KafkaException | IllegalStateException e) {
      throw explain(what, e);
    }
  }

  /** Kafka sets the flag and throws. */
  private static InterruptedException interrupted() {
    boolean unused = Thread.interrupted();
    return new InterruptedException();
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
