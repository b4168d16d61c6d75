package io.turnstile.job.commit.journal;

import io.turnstile.job.failure.PermanentFailure;
import java.util.Arrays;
import java.util.List;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.runtime.execution.Environment;
import org.apache.flink.runtime.io.network.partition.ResultPartitionType;
import org.apache.flink.runtime.io.network.partition.consumer.IndexedInputGate;

/** Refuses jobs whose configuration would lose verdicts or commit them twice. */
final class ExactlyOnceGuard {

  private ExactlyOnceGuard() {}

  /**
   * Checks the job of a task.
   *
   * @throws org.apache.flink.runtime.execution.SuppressRestartsException if it is refused
   */
  static void require(Environment environment) {
    CheckpointingMode mode =
        CheckpointingOptions.getCheckpointingMode(environment.getJobConfiguration());
    List<ResultPartitionType> exchanges =
        Arrays.stream(environment.getAllInputGates())
            .map(IndexedInputGate::getConsumedPartitionType)
            .toList();
    String problem = problem(mode, exchanges);
    if (problem != null) {
      throw PermanentFailure.of(problem);
    }
  }

  /**
   * Finds why verdicts could be lost or committed twice; null if they cannot.
   *
   * @param mode at least once also means that there are no checkpoints
   */
  static String problem(CheckpointingMode mode, List<ResultPartitionType> exchanges) {
    if (mode != CheckpointingMode.EXACTLY_ONCE) {
      return "--commit journal needs exactly-once checkpoints, and this job has none: set"
          + " execution.checkpointing.interval, and execution.checkpointing.mode to EXACTLY_ONCE";
    }
    for (ResultPartitionType exchange : exchanges) {
      if (!exchange.isPipelinedOrPipelinedBoundedResultPartition()) {
        return "--commit journal needs pipelined exchanges, and this job has one that is "
            + exchange
            + ": set execution.runtime-mode to STREAMING and execution.batch-shuffle-mode to"
            + " ALL_EXCHANGES_PIPELINED";
      }
    }
    return null;
  }
}
