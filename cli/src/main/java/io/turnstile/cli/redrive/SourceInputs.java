package io.turnstile.cli.redrive;

import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.KafkaConsumers;
import io.turnstile.events.SourcePosition;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;

/**
 * Reads inputs again by their position; fast if they are asked for in the order of the log. Not
 * thread-safe.
 */
final class SourceInputs implements AutoCloseable {

  private static final Duration POLL = Duration.ofMillis(100);

  private final Consumer<byte[], byte[]> consumer;
  private final Duration patience;
  private final Deque<ConsumerRecord<byte[], byte[]>> readAhead = new ArrayDeque<>();
  private TopicPartition partition;

  /**
   * @param consumer of committed records, which fails at an offset that is gone; closed with this
   * @param patience how long a record may take to come
   */
  SourceInputs(Consumer<byte[], byte[]> consumer, Duration patience) {
    this.consumer = consumer;
    this.patience = patience;
  }

  /**
   * The input at a position; empty if there is none any more.
   *
   * @throws CheckFailedException if Kafka does not give it in time
   */
  Optional<ConsumerRecord<byte[], byte[]>> at(SourcePosition position) {
    TopicPartition wanted = new TopicPartition(position.topic(), position.partition());
    if (!wanted.equals(partition)) {
      consumer.assign(List.of(wanted));
      partition = wanted;
      readAhead.clear();
    }
    if (!readAhead.isEmpty() && readAhead.getFirst().offset() > position.offset()) {
      readAhead.clear();
    }
    while (!readAhead.isEmpty() && readAhead.getFirst().offset() < position.offset()) {
      readAhead.removeFirst();
    }
    if (readAhead.isEmpty()) {
      try {
        readFrom(position);
      } catch (OffsetOutOfRangeException e) {
        return Optional.empty();
      }
    }
    return Optional.ofNullable(readAhead.peekFirst())
        .filter(record -> record.offset() == position.offset());
  }

  private void readFrom(SourcePosition position) {
    consumer.seek(partition, position.offset());
    long start = System.nanoTime();
    while (readAhead.isEmpty() && consumer.position(partition) <= position.offset()) {
      if (System.nanoTime() - start > patience.toNanos()) {
        throw new CheckFailedException(
            "%s could not be read within %d s".formatted(position, patience.toSeconds()));
      }
      consumer.poll(POLL).forEach(readAhead::addLast);
    }
  }

  @Override
  public void close() {
    KafkaConsumers.close(consumer);
  }
}
