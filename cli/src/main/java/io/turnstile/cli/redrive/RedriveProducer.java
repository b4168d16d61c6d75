package io.turnstile.cli.redrive;

import io.turnstile.clients.CheckFailedException;
import io.turnstile.events.TopicNames;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Sends inputs anew, at a given rate, each in one transaction with the record that says so: a crash
 * leaves both or neither. All runs on a transactions topic share a transactional id, so that a new
 * one ends what an old one, dead or alive, has begun.
 *
 * <p>An open transaction holds back the inputs behind it. So inputs are gathered first, and then
 * sent and committed at once. Not thread-safe.
 */
final class RedriveProducer implements AutoCloseable {

  /** Bounds how long inputs are held back by a run that was killed and is not repeated. */
  private static final Duration TRANSACTION_TIMEOUT = Duration.ofSeconds(10);

  private static final int COMMITS_PER_SECOND = 10;
  private static final int MAX_GATHERED_BYTES = 1 << 20;

  /** More than topics admit: their limit counts. */
  private static final int MAX_REQUEST_BYTES = 16 << 20;

  /** Waits. */
  interface Sleeper {
    void sleep(long nanos) throws InterruptedException;
  }

  private final Producer<byte[], byte[]> producer;
  private final TopicNames topics;
  private final int rate;
  private final String topicId;
  private final Duration timeout;
  private final Consumer<Origin> committed;
  private final LongSupplier nanoTime;
  private final Sleeper sleeper;
  private final List<Origin> gathered = new ArrayList<>();
  private long gatheredBytes;
  private boolean open;
  private long nextNanos;

  /**
   * @param producer with a transactional id; closed with this
   * @param topicId of the transactions topic
   * @param rate most inputs in a second
   * @param timeout how long closing may take
   * @param committed is told each input that was sent anew, once that is certain
   */
  RedriveProducer(
      Producer<byte[], byte[]> producer,
      TopicNames topics,
      String topicId,
      int rate,
      Duration timeout,
      Consumer<Origin> committed,
      LongSupplier nanoTime,
      Sleeper sleeper) {
    this.producer = producer;
    this.topics = topics;
    this.topicId = topicId;
    this.rate = rate;
    this.timeout = timeout;
    this.committed = committed;
    this.nanoTime = nanoTime;
    this.sleeper = sleeper;
    nextNanos = nanoTime.getAsLong();
  }

  /**
   * Connects to Kafka.
   *
   * @param client Kafka client configuration
   * @param topicId of the transactions topic
   * @param rate most inputs in a second
   * @param timeout how long a commit may take, and closing
   * @param committed is told each input that was sent anew, once that is certain
   */
  static RedriveProducer connect(
      Map<String, Object> client,
      TopicNames topics,
      String topicId,
      int rate,
      Duration timeout,
      Consumer<Origin> committed) {
    Map<String, Object> config = new HashMap<>(client);
    config.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, topics.transactions() + "-redrive");
    config.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    config.put(ProducerConfig.ACKS_CONFIG, "all");
    config.put(
        ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, Long.toString(TRANSACTION_TIMEOUT.toMillis()));
    config.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    config.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, MAX_REQUEST_BYTES);
    config.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, timeout.toMillis());
    config.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) timeout.toMillis());
    return new RedriveProducer(
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer()),
        topics,
        topicId,
        rate,
        timeout,
        committed,
        System::nanoTime,
        TimeUnit.NANOSECONDS::sleep);
  }

  /** Ends other runs: after this, nothing that they sent can still be committed. */
  void takeOver() {
    producer.initTransactions();
  }

  /** Sends an input, or keeps it for the next ones to come with it. */
  void send(Origin origin) throws InterruptedException {
    gathered.add(origin);
    gatheredBytes += origin.value().length;
    if (gathered.size() >= Math.max(1, rate / COMMITS_PER_SECOND)
        || gatheredBytes >= MAX_GATHERED_BYTES) {
      commit();
    }
  }

  /**
   * Sends and commits what is still kept. Waits first if that would be too fast.
   *
   * @throws CheckFailedException if another run has begun since
   */
  // The commit fails if a send has failed.
  @SuppressWarnings("FutureReturnValueIgnored")
  void commit() throws InterruptedException {
    if (gathered.isEmpty()) {
      return;
    }
    long now = nanoTime.getAsLong();
    if (nextNanos - now > 0) {
      sleeper.sleep(nextNanos - now);
    } else {
      nextNanos = now;
    }
    nextNanos += gathered.size() * (TimeUnit.SECONDS.toNanos(1) / rate);
    try {
      producer.beginTransaction();
      open = true;
      for (Origin origin : gathered) {
        producer.send(origin.anew());
        producer.send(RedriveLog.record(topics, topicId, origin));
      }
      producer.commitTransaction();
      open = false;
    } catch (ProducerFencedException | InvalidProducerEpochException e) {
      open = false;
      throw new CheckFailedException(
          "another redrive of "
              + topics.transactions()
              + " has begun since, or a commit took longer than "
              + TRANSACTION_TIMEOUT.toSeconds()
              + " s");
    }
    gathered.forEach(committed);
    gathered.clear();
    gatheredBytes = 0;
  }

  /**
   * Commits nothing more.
   *
   * @throws RuntimeException if a transaction stays open, after a failure that is the cause: the
   *     brokers abort it in time, or the next run does
   */
  @Override
  public void close() {
    try {
      if (open) {
        // After a commit that timed out, Kafka's client throws IllegalStateException here.
        producer.abortTransaction();
      }
    } finally {
      producer.close(timeout);
    }
  }
}
