package io.turnstile.job.enrich;

import java.util.function.Predicate;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;

/** Tells the keys of a subtask's key groups from those of others. */
record OwnedKeys(KeyGroupRange keyGroups, int maxParallelism) implements Predicate<String> {

  static OwnedKeys of(TaskInfo task) {
    int maxParallelism = task.getMaxNumberOfParallelSubtasks();
    return new OwnedKeys(
        KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(
            maxParallelism, task.getNumberOfParallelSubtasks(), task.getIndexOfThisSubtask()),
        maxParallelism);
  }

  @Override
  public boolean test(String key) {
    return keyGroups.contains(KeyGroupRangeAssignment.assignToKeyGroup(key, maxParallelism));
  }
}
