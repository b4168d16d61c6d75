package io.turnstile.job.turnstile;

import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.RejectionReason;
import java.util.EnumMap;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;

/** Counts verdicts by outcome and reason, and how long after its append an input was decided. */
final class VerdictMetrics {

  private static final int LATENCY_WINDOW = 10_000;

  private final Counter accepted;
  private final Map<RejectionReason, Counter> rejected = new EnumMap<>(RejectionReason.class);
  private final Map<DeadLetterCode, Counter> deadLettered = new EnumMap<>(DeadLetterCode.class);
  private final Histogram latency;

  VerdictMetrics(MetricGroup group) {
    accepted = counter(group, "accepted", "none");
    for (RejectionReason reason : RejectionReason.values()) {
      rejected.put(reason, counter(group, "rejected", reason.name()));
    }
    for (DeadLetterCode code : DeadLetterCode.values()) {
      deadLettered.put(code, counter(group, "dead-letter", code.name()));
    }
    latency =
        group.histogram(
            "decisionLatencyMillis", new DescriptiveStatisticsHistogram(LATENCY_WINDOW));
  }

  void accepted(long latencyMillis) {
    accepted.inc();
    latency.update(latencyMillis);
  }

  void rejected(RejectionReason reason, long latencyMillis) {
    rejected.get(reason).inc();
    latency.update(latencyMillis);
  }

  void deadLettered(DeadLetterCode code, long latencyMillis) {
    deadLettered.get(code).inc();
    latency.update(latencyMillis);
  }

  private static Counter counter(MetricGroup group, String outcome, String reason) {
    return group.addGroup("outcome", outcome).addGroup("reason", reason).counter("verdicts");
  }
}
