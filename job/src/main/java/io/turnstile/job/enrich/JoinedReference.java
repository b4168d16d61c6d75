package io.turnstile.job.enrich;

import io.turnstile.job.read.ReferenceKind;
import io.turnstile.job.read.ReferenceTopic;
import org.apache.flink.metrics.MetricGroup;

/**
 * Reference data that a {@link ReferenceJoin} joins.
 *
 * @param name tells its state and metrics from those of the operator's other joins; null for the
 *     main one, which was there before there were others
 * @param topic read to its end at every start and when waits are over
 * @param waits how long an element waits for what is missing
 * @param <R> the reference records
 */
public record JoinedReference<R>(
    String name, ReferenceKind<R> kind, ReferenceTopic<R> topic, WaitSettings waits) {

  /** An operator's main reference. */
  public JoinedReference(ReferenceKind<R> kind, ReferenceTopic<R> topic, WaitSettings waits) {
    this(null, kind, topic, waits);
  }

  /** The name of a state, or of timers, in checkpoints. */
  String own(String state) {
    return name == null ? state : state + "-" + name;
  }

  /** The group for metrics. */
  MetricGroup in(MetricGroup operator) {
    return name == null ? operator : operator.addGroup("reference", name);
  }
}
