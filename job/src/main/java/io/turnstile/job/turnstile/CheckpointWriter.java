package io.turnstile.job.turnstile;

import io.turnstile.job.stream.Verdict;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Commit mode <em>checkpoint</em>: hands verdicts on to a two-phase committing sink, which makes
 * them visible when a checkpoint completes.
 */
final class CheckpointWriter implements VerdictWriter {

  private final Output<StreamRecord<Verdict>> output;
  private final StreamRecord<Verdict> reused = new StreamRecord<>(null);

  CheckpointWriter(Output<StreamRecord<Verdict>> output) {
    this.output = output;
  }

  /** The state does not know what was committed since, and nobody would read it back. */
  @Override
  public void initializeState(StateInitializationContext context) {
    if (context.getOperatorStateStore().getRegisteredStateNames().contains(JOURNAL_STATE)) {
      throw new SuppressRestartsException(
          new IllegalStateException(
              "the checkpoint was taken with --commit journal, and with --commit checkpoint what"
                  + " was committed since would be committed again: restore it with --commit"
                  + " journal, or start without it and with new verdict topics"));
    }
  }

  @Override
  public void write(Verdict verdict) {
    output.collect(reused.replace(verdict));
  }
}
