package io.turnstile.job.commit.journal.kafka;

import io.turnstile.job.commit.journal.JournalException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * The transactional producer of a lane: the only class that touches it. Counts where the next
 * record must be written, and compares every acknowledged offset with that.
 *
 * <p>Used by one thread at a time, except for {@link #close}.
 */
final class KafkaLaneProducer {

  private final KafkaJournalSettings settings;
  private final String at;
  private final String transactionalId;
  private final List<TopicPartition> partitions;
  private final KafkaLaneOwnership ownership;
  private final Runnable failed;

  private volatile KafkaProducer<byte[], byte[]> producer;

  /** The producer is connected, and has not fenced anybody yet. */
  private boolean prepared;

  private volatile boolean closed;

  /** The offset that the next record of each part must get; nobody else writes here. */
  private final long[] next;

  /** The parts that the open transaction has records in. */
  private final boolean[] touched;

  private volatile boolean inTransaction;
  private volatile long transactionBegan;

  /** When the coordinator last heard of the transactional id: at a fencing or a commit. */
  private long lastHeardOf;

  /** When this was made: the lane is taken over at once then. */
  private final long made = System.nanoTime();

  private final AtomicReference<JournalException> failure = new AtomicReference<>();

  /**
   * @param at begins every message
   * @param failed called, from any thread, when something has failed in the background
   */
  KafkaLaneProducer(
      KafkaJournalSettings settings,
      String at,
      String transactionalId,
      List<TopicPartition> partitions,
      KafkaLaneOwnership ownership,
      Runnable failed) {
    this.settings = settings;
    this.at = at;
    this.transactionalId = transactionalId;
    this.partitions = partitions;
    this.ownership = ownership;
    this.failed = failed;
    next = new long[partitions.size()];
    touched = new boolean[partitions.size()];
  }

  /**
   * Connects, so that {@link #fence} takes less time; fences nobody.
   *
   * @param another topic that is going to be written to
   */
  void prepare(String another) throws JournalException, InterruptedException {
    if (prepared) {
      return;
    }
    run(
        "connecting",
        () -> {
          create();
          partitions.forEach(partition -> producer.partitionsFor(partition.topic()));
          List<PartitionInfo> unused = producer.partitionsFor(another);
          prepared = true;
        });
  }

  private void create() {
    producer =
        new KafkaProducer<>(
            KafkaLaneProperties.of(settings, transactionalId),
            new ByteArraySerializer(),
            new ByteArraySerializer());
    if (closed) {
      close();
    }
  }

  /** Fences every other producer with this id, and waits until its transaction has ended. */
  void fence() throws JournalException, InterruptedException {
    run(
        "taking over transactional id " + transactionalId,
        () -> {
          if (!prepared) {
            create();
          }
          prepared = false;
          producer.initTransactions();
          lastHeardOf = System.nanoTime();
          // Not when the first verdict waits for it.
          partitions.forEach(partition -> producer.partitionsFor(partition.topic()));
        });
  }

  /** Fences itself: makes a new producer, whose transactional id the coordinator knows again. */
  void fenceAgain() throws JournalException, InterruptedException {
    run("giving up the idle producer", () -> producer.close(Duration.ZERO));
    fence();
  }

  /** Returns whether the coordinator has heard nothing of the transactional id for so long. */
  boolean isIdleFor(Duration time) {
    return !inTransaction && System.nanoTime() - lastHeardOf >= time.toNanos();
  }

  /**
   * Leaves a transaction with an empty record on each partition open, and gives the producer up:
   * the next {@link #fence} aborts it.
   */
  void abandonTransactionOn(List<TopicPartition> unended)
      throws JournalException, InterruptedException {
    String what = "ending transactions on " + unended;
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    run(
        what,
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
        throw ownership.explain(what, e.getCause(), transactionAge());
      }
    }
    producer.close(Duration.ZERO);
  }

  /**
   * Commits a record that is in no part of the lane; nothing may be uncommitted.
   *
   * @return the offset behind the marker of the commit
   */
  long commitAlone(String what, ProducerRecord<byte[], byte[]> record)
      throws JournalException, InterruptedException {
    List<Future<RecordMetadata>> sent = new ArrayList<>();
    run(
        what,
        () -> {
          producer.beginTransaction();
          sent.add(producer.send(record));
          producer.flush();
          producer.commitTransaction();
        });
    lastHeardOf = System.nanoTime();
    try {
      return sent.get(0).get().offset() + 2;
    } catch (ExecutionException e) {
      throw ownership.explain(what, e.getCause(), transactionAge());
    }
  }

  /** Sets where the next record of each part must be written. */
  void continueAt(LaneOffsets end) {
    for (int part = 0; part < next.length; part++) {
      next[part] = end.offset(part);
    }
  }

  /**
   * Adds a record to the open transaction; begins one if there is none.
   *
   * @param part that the record's partition is
   */
  void send(int part, ProducerRecord<byte[], byte[]> record)
      throws JournalException, InterruptedException {
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

  /** In the producer's network thread. */
  private void acknowledged(int part, RecordMetadata written, Exception e) {
    if (e != null) {
      fail(ownership.explain("writing a verdict", e, transactionAge()));
    } else if (written.offset() != next[part]) {
      fail(
          new JournalException(
              at
                  + "a verdict went to offset "
                  + written.offset()
                  + " of "
                  + partitions.get(part).topic()
                  + "/"
                  + partitions.get(part).partition()
                  + " instead of "
                  + next[part]
                  + (written.offset() < next[part]
                      ? KafkaFailures.UNMARKED
                      : KafkaFailures.FOREIGN)));
    } else {
      next[part]++;
    }
  }

  private void fail(JournalException e) {
    if (failure.compareAndSet(null, e)) {
      failed.run();
    }
  }

  /**
   * Commits the open transaction.
   *
   * @return where the next record of each part must be written
   */
  LaneOffsets commit() throws JournalException, InterruptedException {
    run("writing verdicts", producer::flush);
    check();
    run("committing", producer::commitTransaction);
    inTransaction = false;
    lastHeardOf = System.nanoTime();
    for (int part = 0; part < next.length; part++) {
      if (touched[part]) {
        // The marker of the commit takes an offset as well.
        next[part]++;
        touched[part] = false;
      }
    }
    return end();
  }

  private LaneOffsets end() {
    return new LaneOffsets(Arrays.stream(next).boxed().toList());
  }

  /** Throws the first failure in the background, if there was one. */
  void check() throws JournalException {
    JournalException known = failure.get();
    if (known != null) {
      throw known;
    }
  }

  /** Time since the open transaction began; empty if none is open. */
  Optional<Duration> transactionAge() {
    return inTransaction
        ? Optional.of(Duration.ofNanos(System.nanoTime() - transactionBegan))
        : Optional.empty();
  }

  /** For how long the lane is owned, or a little more. */
  Duration owned() {
    return Duration.ofNanos(System.nanoTime() - made);
  }

  private void run(String what, Runnable action) throws JournalException, InterruptedException {
    try {
      action.run();
    } catch (InterruptException e) {
      throw KafkaFailures.interrupted();
    } catch (KafkaException | IllegalStateException e) {
      throw ownership.explain(what, e, transactionAge());
    }
  }

  /** Gives up at once; commits nothing. From any thread. */
  void close() {
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
}
