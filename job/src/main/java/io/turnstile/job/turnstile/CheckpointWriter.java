package io.turnstile.job.turnstile;

import io.turnstile.job.stream.Verdict;
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

  @Override
  public void write(Verdict verdict) {
    output.collect(reused.replace(verdict));
  }
}
