package io.turnstile.job.decide;

import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.RejectionReason;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;
import org.apache.flink.runtime.state.KeyGroupRange;

/**
 * Counts verdicts by outcome and reason and by lane, and how long after its append an input was
 * decided.
 */
final class VerdictMetrics {

  private static final int LATENCY_WINDOW = 10_000;

  private final Counter accepted;
  private final Map<RejectionReason, Counter> rejected = new EnumMap<>(RejectionReason.class);
  private final Map<DeadLetterCode, Counter> deadLettered = new EnumMap<>(DeadLetterCode.class);
  private final Histogram latency;
  private final KeyGroupRange owned;
  private final Counter[] byLane;

  /**
   * @param owned the lanes of this subtask
   */
  VerdictMetrics(MetricGroup group, KeyGroupRange owned) {
    this.owned = owned;
    byLane = new Counter[owned.getNumberOfKeyGroups()];
    for (int lane : owned) {
      byLane[lane - owned.getStartKeyGroup()] =
          group.addGroup("lane", Integer.toString(lane)).counter("verdicts");
    }
    accepted = counter(group, "accepted", "none");
    for (RejectionReason reason : RejectionReason.values()) {
      rejected.put(reason, counter(group, "rejected", reason.name()));
    }
    // What a database refuses was counted when it was decided.
    for (DeadLetterCode code :
        EnumSet.complementOf(EnumSet.of(DeadLetterCode.REFUSED_BY_DATABASE))) {
      deadLettered.put(code, counter(group, "dead-letter", code.name()));
    }
    latency =
        group.histogram(
            "decisionLatencyMillis", new DescriptiveStatisticsHistogram(LATENCY_WINDOW));
  }

  void accepted(int lane, long latencyMillis) {
    accepted.inc();
    decided(lane, latencyMillis);
  }

  void rejected(RejectionReason reason, int lane, long latencyMillis) {
    rejected.get(reason).inc();
    decided(lane, latencyMillis);
  }

  void deadLettered(DeadLetterCode code, int lane, long latencyMillis) {
    deadLettered.get(code).inc();
    decided(lane, latencyMillis);
  }

  private void decided(int lane, long latencyMillis) {
    byLane[lane - owned.getStartKeyGroup()].inc();
    latency.update(latencyMillis);
  }

  private static Counter counter(MetricGroup group, String outcome, String reason) {
    return group.addGroup("outcome", outcome).addGroup("reason", reason).counter("verdicts");
  }
}
