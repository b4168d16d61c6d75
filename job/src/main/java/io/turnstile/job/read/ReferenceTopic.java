package io.turnstile.job.read;

import io.turnstile.decision.reference.Reference;
import java.io.IOException;
import java.io.Serializable;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * A compacted topic that can be read to its end beside its source.
 *
 * @param <T> the record type
 */
public interface ReferenceTopic<T> extends Serializable {

  /** An end of the topic, at the time of the request. */
  enum End {
    /** The end for readers of committed records. */
    LAST_STABLE_OFFSET,
    /** All that was appended, behind somebody's open transaction too. */
    HIGH_WATERMARK
  }

  /** Makes a reader; it connects when it first reads. */
  Reader<T> reader();

  /** Used by one thread; may be closed by another one, which ends a reading with an exception. */
  interface Reader<T> extends AutoCloseable {

    /**
     * Reads the topic's committed records to an end. Waits, for as long as it takes, for
     * transactions that are open before it.
     *
     * @param from first offset to read, by partition; a partition not named is read from its start
     * @param wanted which keys to hand on
     * @param records takes what was read, in log order within a partition; malformed records are
     *     left out (the topic's source reports them)
     * @return by partition, the offset up to which the topic was read
     * @throws IOException if the topic cannot be read
     */
    Map<Integer, Long> readTo(
        End end, Map<Integer, Long> from, Predicate<String> wanted, Consumer<Reference<T>> records)
        throws IOException;

    @Override
    void close();
  }
}
