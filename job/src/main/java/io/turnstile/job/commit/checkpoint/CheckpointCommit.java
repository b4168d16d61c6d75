package io.turnstile.job.commit.checkpoint;

import io.turnstile.job.commit.CommittedLatency;
import io.turnstile.job.commit.PendingLatencies;
import io.turnstile.job.decide.CommitStrategy;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.failure.PermanentFailure;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.apache.flink.api.common.operators.ProcessingTimeService;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.api.operators.StreamOperatorParameters;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Commit mode <em>checkpoint</em>: hands verdicts on to a two-phase committing sink, which makes
 * them visible when a checkpoint completes.
 */
public final class CheckpointCommit implements CommitStrategy {

  private final Output<StreamRecord<Verdict>> output;
  private final StreamRecord<Verdict> reused = new StreamRecord<>(null);
  private final ProcessingTimeService time;
  private final PendingLatencies awaiting;

  /** Batches by the checkpoint that commits them, as far as it is not complete. */
  private final NavigableMap<Long, Long> batches = new TreeMap<>();

  /** To be handed to the operator as a {@link CommitStrategy.Factory}. */
  public CheckpointCommit(
      StreamOperatorParameters<Verdict> parameters,
      Output<StreamRecord<Verdict>> output,
      MetricGroup metrics) {
    this.output = output;
    time = parameters.getProcessingTimeService();
    awaiting = new PendingLatencies(new CommittedLatency(metrics));
  }

  /** The state does not know what was committed since, and nobody would read it back. */
  @Override
  public void initializeState(StateInitializationContext context) {
    if (context.getOperatorStateStore().getRegisteredStateNames().contains(JOURNAL_STATE)) {
      throw PermanentFailure.of(
          "the checkpoint was taken with --commit journal, and with --commit checkpoint what"
              + " was committed since would be committed again: restore it with --commit"
              + " journal, or start without it and with new verdict topics");
    }
  }

  @Override
  public void write(Verdict verdict) {
    output.collect(reused.replace(verdict));
    awaiting.add(verdict.receivedAt());
  }

  @Override
  public void snapshotState(StateSnapshotContext context) {
    batches.put(context.getCheckpointId(), awaiting.close());
  }

  @Override
  public void checkpointCompleted(long checkpointId) {
    Map.Entry<Long, Long> newest = batches.floorEntry(checkpointId);
    if (newest != null) {
      awaiting.committed(newest.getValue(), time.getCurrentProcessingTime());
      batches.headMap(newest.getKey(), true).clear();
    }
  }
}
