package io.turnstile.job.read;

import io.turnstile.events.SourcePosition;
import java.util.stream.IntStream;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;

/**
 * Decides in which lane an input's verdict is written.
 *
 * <p>Frozen: a replayed input must come to the lane that may already hold its verdict. So the key
 * comes from the raw input alone, never from the token, the Kafka key or the verdict, and a golden
 * file pins keys and lanes.
 */
public final class RoutingKey {

  private RoutingKey() {}

  /**
   * The key of an input.
   *
   * @param customerId the payload's {@code customer_id} if it could be read and is within bounds,
   *     else null
   */
  public static String of(String customerId, SourcePosition position) {
    return customerId != null ? customerId : position.toString();
  }

  /** Some key of this lane, for what has no key of its own and must come there. */
  public static String into(int lane, int lanes) {
    return IntStream.iterate(0, number -> number + 1)
        .mapToObj(Integer::toString)
        .filter(key -> lane(key, lanes) == lane)
        .findFirst()
        .orElseThrow();
  }

  /** The lane of a key: its key group, the partition number in all verdict topics. */
  public static int lane(String routingKey, int lanes) {
    return KeyGroupRangeAssignment.assignToKeyGroup(routingKey, lanes);
  }
}
