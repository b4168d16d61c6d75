package io.turnstile.clients;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.TopicPartition;

/**
 * A store of committed verdicts, shown as the verdict topics: a lane is a partition of each. Seek
 * first. Not thread-safe, except for {@link #wakeup}. Whatever does not answer is a {@link
 * RuntimeException}.
 *
 * @param <T> the type of keys and values
 */
public interface VerdictSource<T> extends AutoCloseable {

  /** Leaves out what is there already: what is committed after this returns will be read. */
  void seekToEnd();

  /** Goes to the first verdict that is there. */
  void seekToBeginning();

  /** Goes to the first verdict that was appended at that time or later. */
  void seekToTime(Instant since);

  /**
   * Returns the next verdicts, those of a lane in their order; none if there are none in time.
   *
   * @throws org.apache.kafka.common.errors.WakeupException after {@link #wakeup}
   */
  ConsumerRecords<T, T> poll(Duration timeout);

  /** The offset behind the last verdict of each partition, as it is now. */
  Map<TopicPartition, Long> ends();

  /** The offset up to which a partition has been read. */
  long position(TopicPartition partition);

  /** Ends the call of {@link #poll} that is under way, or the next one. */
  void wakeup();

  @Override
  void close();
}
