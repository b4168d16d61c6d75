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

  /**
   * Goes to a time in each lane: everything behind the first verdict of that time or later will be
   * read. In the verdict topics the time is that of the append. In a table it is that of the
   * decision, by the clock of the job, which is a little before the commit; of a dead letter it is
   * the append of its input, so that dead letters about older inputs may be left out. Whoever
   * compares with another clock is to go a little further back.
   */
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
