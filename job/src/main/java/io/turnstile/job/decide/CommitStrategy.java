package io.turnstile.job.decide;

import io.turnstile.job.read.InputMetadata;
import io.turnstile.job.read.PositionSet;
import java.io.Serializable;
import java.util.Map;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.function.ThrowingRunnable;

/**
 * Strategy for making verdicts visible: the seam between deciding and committing. Methods are
 * called by the operator in the task thread, in the order of Flink's operator life cycle.
 */
public interface CommitStrategy {

  /** Operator state that commit mode <em>journal</em> has, and no other may take over. */
  String JOURNAL_STATE = "journal-lanes";

  /** Restores what an earlier attempt knew. */
  default void initializeState(StateInitializationContext context) throws Exception {}

  /**
   * Makes the owned lanes ready for verdicts, before the first input. Or, if another job owns them,
   * {@linkplain #standsBy stands by}.
   *
   * @param sink puts acceptances that are already committed back into state
   */
  default void open(AcceptanceSink<Exception> sink) throws Exception {}

  /**
   * Returns whether another job still decides: inputs may be dropped if they {@linkplain #isDecided
   * are decided}, and nothing may be written, until {@link #takeOver}. What the other one decides
   * goes on being learned meanwhile.
   */
  default boolean standsBy() {
    return false;
  }

  /** A listener to be called, in the task thread, when more was learned while it stands by. */
  default void whenLearned(ThrowingRunnable<Exception> listener) {}

  /** The number of inputs that are known to be decided and have not arrived here. */
  default long behind() {
    return 0;
  }

  /** Ends standing by: replaces the other job, and makes the lanes ready for verdicts. */
  default void takeOver() throws Exception {}

  /**
   * Inputs whose verdicts were found committed when the lanes were made ready, and that may be
   * replayed; by lane, those without any may be missing.
   */
  default Map<Integer, PositionSet> decidedAhead() {
    return Map.of();
  }

  /**
   * Returns whether this input's verdict is committed already, so that it gets none; says so once
   * for every time that the input arrives.
   */
  default boolean isDecided(int lane, InputMetadata metadata) throws Exception {
    return false;
  }

  /** Writes a verdict; it becomes visible with a later commit. */
  void write(Verdict verdict) throws Exception;

  /** Everything written so far is to be committed, or to be part of the checkpoint. */
  default void prepareSnapshot() throws Exception {}

  /** Adds what a later attempt must know. */
  default void snapshotState(StateSnapshotContext context) throws Exception {}

  /** A checkpoint is complete, and with it all before it; not every one is told of. */
  default void checkpointCompleted(long checkpointId) throws Exception {}

  /** The input has ended: commits what is left. */
  default void finish() throws Exception {}

  /** Frees resources; never commits. */
  default void close() throws Exception {}

  /** Makes a writer on the cluster. */
  @FunctionalInterface
  interface Factory extends Serializable {
    CommitStrategy create(
        StreamOperatorParameters<Verdict> parameters,
        Output<StreamRecord<Verdict>> output,
        MetricGroup metrics);

    /** Returns whether the writer may {@linkplain CommitStrategy#standsBy stand by}. */
    default boolean mayStandBy() {
      return false;
    }
  }
}
