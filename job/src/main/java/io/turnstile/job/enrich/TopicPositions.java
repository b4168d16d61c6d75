package io.turnstile.job.enrich;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.state.OperatorStateStore;
import org.apache.flink.api.common.typeinfo.Types;

/**
 * Positions of a subtask in a reference topic: the next offset, by partition. In union state, as a
 * rescaled subtask takes over keys of others. Used by the task thread alone.
 */
final class TopicPositions {

  private final ListState<Map<Integer, Long>> state;
  private final Map<Integer, Long> next;

  TopicPositions(OperatorStateStore store, JoinedReference<?> reference) throws Exception {
    state =
        store.getUnionListState(
            new ListStateDescriptor<>(
                reference.own("reference-positions"), Types.MAP(Types.INT, Types.LONG)));
    next = knownToAll(state.get());
  }

  /**
   * Positions that every former subtask knew: a partition unknown to one is read from its start.
   */
  private static Map<Integer, Long> knownToAll(Iterable<Map<Integer, Long>> bySubtask) {
    Map<Integer, Long> common = null;
    for (Map<Integer, Long> one : bySubtask) {
      if (common == null) {
        common = new HashMap<>(one);
      } else {
        common.keySet().retainAll(one.keySet());
        common.replaceAll((partition, offset) -> Math.min(offset, one.get(partition)));
      }
    }
    return common == null ? new HashMap<>() : common;
  }

  /** The next offset, by partition; one that is missing has not been heard of. */
  Map<Integer, Long> next() {
    return next;
  }

  void advance(int partition, long offset) {
    next.merge(partition, offset, Math::max);
  }

  void advance(Map<Integer, Long> offsets) {
    offsets.forEach(this::advance);
  }

  /** Adds what a later attempt must know. */
  void snapshot() throws Exception {
    state.update(List.of(next));
  }
}
