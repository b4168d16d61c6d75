package io.turnstile.job.read;

import io.turnstile.decision.reference.Reference;
import java.io.IOException;
import java.io.Serializable;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * A compacted topic that can be read to its end, so that an operator knows what it holds before it
 * decides anything.
 *
 * @param <T> the record type
 */
public interface ReferenceTopic<T> extends Serializable {

  /**
   * Reads the topic to the end that it has when called.
   *
   * @param from first offset to read, by partition; a partition not named is read from its start
   * @param wanted which keys to hand on
   * @param records takes what was read, in log order within a partition; malformed records are left
   *     out (the topic's source reports them)
   * @return by partition, the offset up to which the topic was read
   * @throws IOException if the topic cannot be read
   */
  Map<Integer, Long> readToEnd(
      Map<Integer, Long> from, Predicate<String> wanted, Consumer<Reference<T>> records)
      throws IOException;
}
