package io.turnstile.gateway.stream;

import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.clients.KafkaConsumers;
import io.turnstile.clients.postgresql.PostgresqlSource;
import io.turnstile.clients.postgresql.VerdictLookup;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.VerdictHeaders;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Looks in Kafka, one question at a time: an input by its offset, a verdict by reading all lanes
 * from the time of its input; or verdicts by their inputs where they are in PostgreSQL.
 * Thread-safe.
 */
public final class KafkaPastVerdicts implements PastVerdicts, AutoCloseable {

  private static final Duration POLL = Duration.ofMillis(100);

  /** For one question. Whoever asks about what is older than this reads is told so. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  /** By how much the clocks of two brokers may differ. */
  private static final Duration CLOCKS = Duration.ofSeconds(10);

  private static final int MAX_QUEUED = 100;

  private final Map<String, Object> client;
  private final TopicNames topics;
  private final VerdictLookup table;
  private final ThreadPoolExecutor reader =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(MAX_QUEUED),
          task -> {
            Thread thread = new Thread(task, "gateway-past-verdicts");
            thread.setDaemon(true);
            return thread;
          });

  /** Carries the verdict out of the reading. */
  private static final class FoundException extends Exception {
    private final transient CommittedVerdict verdict;

    private FoundException(CommittedVerdict verdict) {
      super(null, null, false, false);
      this.verdict = verdict;
    }
  }

  /**
   * Asks nothing of Kafka yet.
   *
   * @param client Kafka client configuration
   * @param database with the verdicts; null if they are in Kafka, too
   */
  public KafkaPastVerdicts(
      Map<String, Object> client, TopicNames topics, PostgresqlSource database) {
    this.client = new HashMap<>(client);
    this.client.put(
        ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Math.toIntExact(PATIENCE.toMillis()));
    this.topics = topics;
    this.table =
        database == null
            ? null
            : new VerdictLookup(
                database.named("turnstile-gateway").limited(PATIENCE, PATIENCE), topics);
  }

  @Override
  public CompletableFuture<Optional<Input>> input(int partition, long offset) {
    return ask(() -> readInput(new TopicPartition(topics.transactions(), partition), offset));
  }

  @Override
  public CompletableFuture<Optional<CommittedVerdict>> verdict(Input input) {
    return ask(() -> readVerdict(input));
  }

  private <T> CompletableFuture<T> ask(Callable<T> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    try {
      reader.execute(
          () -> {
            try {
              answer.complete(question.call());
            } catch (Exception e) {
              answer.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      answer.completeExceptionally(e);
    }
    return answer;
  }

  private Optional<Input> readInput(TopicPartition partition, long offset) {
    Map<String, Object> config = new HashMap<>(client);
    // An input that somebody's open transaction holds back is there all the same.
    config.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_uncommitted");
    config.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    config.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    config.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 1);
    Consumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    try {
      return readInput(consumer, partition, offset);
    } finally {
      KafkaConsumers.close(consumer);
    }
  }

  static Optional<Input> readInput(
      Consumer<byte[], byte[]> consumer, TopicPartition partition, long offset) {
    List<TopicPartition> one = List.of(partition);
    if (consumer.partitionsFor(partition.topic()).stream()
        .noneMatch(info -> info.partition() == partition.partition())) {
      return Optional.empty();
    }
    try {
      if (offset < consumer.beginningOffsets(one).get(partition)
          || offset >= consumer.endOffsets(one).get(partition)) {
        return Optional.empty();
      }
    } catch (UnknownTopicOrPartitionException e) {
      return Optional.empty();
    }
    consumer.assign(one);
    consumer.seek(partition, offset);
    long begun = System.nanoTime();
    // Ends beyond a marker of a transaction, which is no record, too.
    while (consumer.position(partition) == offset
        && System.nanoTime() - begun < PATIENCE.toNanos()) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        return record.offset() == offset
            ? Optional.of(
                new Input(
                    new SourcePosition(record.topic(), record.partition(), record.offset()),
                    record.timestamp(),
                    record.value()))
            : Optional.empty();
      }
    }
    return Optional.empty();
  }

  private Optional<CommittedVerdict> readVerdict(Input input)
      throws TimeoutException, SQLException {
    if (table != null) {
      return table.find(input.position()).map(CommittedVerdict::of);
    }
    try (CommittedVerdicts<byte[]> verdicts =
        new CommittedVerdicts<>(CommittedVerdicts.consumer(client), topics.verdicts())) {
      return readVerdict(verdicts, input);
    }
  }

  static Optional<CommittedVerdict> readVerdict(CommittedVerdicts<byte[]> verdicts, Input input)
      throws TimeoutException {
    long begun = System.nanoTime();
    verdicts.seekToTime(Instant.ofEpochMilli(input.appendedAt()).minus(CLOCKS));
    try {
      verdicts.readToEnd(
          PATIENCE,
          batch -> {
            for (ConsumerRecord<byte[], byte[]> record : batch) {
              if (isOf(record, input.position())) {
                throw new FoundException(CommittedVerdict.of(record));
              }
            }
            if (System.nanoTime() - begun > PATIENCE.toNanos()) {
              throw new FoundException(null);
            }
          });
    } catch (FoundException e) {
      if (e.verdict == null) {
        throw new TimeoutException("more verdicts since than can be read");
      }
      return Optional.of(e.verdict);
    }
    return Optional.empty();
  }

  private static boolean isOf(ConsumerRecord<byte[], byte[]> record, SourcePosition input) {
    try {
      return VerdictHeaders.number(record.headers(), VerdictHeaders.SOURCE_OFFSET) == input.offset()
          && VerdictHeaders.position(record.headers()).equals(input);
    } catch (IllegalArgumentException e) {
      return false; // It is no verdict.
    }
  }

  @Override
  public void close() {
    reader.shutdownNow();
  }
}
