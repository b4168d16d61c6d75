package io.turnstile.job.read;

import io.turnstile.job.failure.PermanentFailure;
import java.io.Serializable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.runtime.state.FunctionInitializationContext;

/**
 * Remembers in checkpoints which topics the stored offsets belong to, and stops the job permanently
 * when one has been deleted and created again: the offsets would mean other records.
 */
public final class TopicIdentityGuard implements Serializable {

  private final TopicIdentities topics;

  public TopicIdentityGuard(TopicIdentities topics) {
    this.topics = topics;
  }

  public void initializeState(FunctionInitializationContext context) throws Exception {
    ListState<Map<String, String>> state =
        context
            .getOperatorStateStore()
            .getUnionListState(
                new ListStateDescriptor<>("input-topics", Types.MAP(Types.STRING, Types.STRING)));
    Map<String, String> stored = new HashMap<>();
    state.get().forEach(stored::putAll);
    Map<String, String> current = topics.current();
    current.forEach(
        (topic, id) -> {
          if (!id.equals(stored.getOrDefault(topic, id))) {
            throw recreated(topic, stored.get(topic), id);
          }
        });
    for (String topic : stored.keySet()) {
      if (!current.containsKey(topic)) {
        throw PermanentFailure.of(
            "the checkpoint has read input topic "
                + topic
                + ", and the job now reads "
                + current.keySet()
                + ": give it the topics of the checkpoint, or start without it");
      }
    }
    state.update(List.of(current));
  }

  /** The failure of a job whose input topic was replaced. */
  private static SuppressRestartsException recreated(String topic, String before, String now) {
    return PermanentFailure.of(
        "input topic "
            + topic
            + " was deleted and created again since the checkpoint (id "
            + before
            + ", now "
            + now
            + "): its offsets mean other records now; start without the checkpoint, with new"
            + " verdict topics");
  }
}
