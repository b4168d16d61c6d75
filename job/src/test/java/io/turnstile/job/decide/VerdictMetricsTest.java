package io.turnstile.job.decide;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.RejectionReason;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.Metric;
import org.apache.flink.runtime.metrics.groups.GenericMetricGroup;
import org.apache.flink.runtime.metrics.util.TestingMetricRegistry;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.junit.jupiter.api.Test;

class VerdictMetricsTest {

  private final Map<String, Metric> registered = new HashMap<>();
  private final VerdictMetrics metrics =
      new VerdictMetrics(
          new GenericMetricGroup(
              TestingMetricRegistry.builder()
                  .setRegisterConsumer(
                      (metric, name, group) ->
                          registered.put(name + new TreeMap<>(group.getAllVariables()), metric))
                  .build(),
              null,
              "operator"),
          new KeyGroupRange(2, 3));

  @Test
  void verdictsAreCountedByOutcomeAndReason() {
    metrics.accepted(2, 1);
    metrics.rejected(RejectionReason.ID_CONFLICT, 3, 2);
    metrics.rejected(RejectionReason.ID_CONFLICT, 3, 3);
    metrics.deadLettered(DeadLetterCode.TOO_LARGE, 3, 4);
    assertThat(count("accepted", "none")).isEqualTo(1);
    assertThat(count("rejected", "ID_CONFLICT")).isEqualTo(2);
    assertThat(count("rejected", "DUPLICATE_ID")).isZero();
    assertThat(count("dead-letter", "TOO_LARGE")).isEqualTo(1);
  }

  @Test
  void everyReasonIsThereFromTheStart() {
    for (RejectionReason reason : RejectionReason.values()) {
      assertThat(count("rejected", reason.name())).isZero();
    }
    for (DeadLetterCode code : DeadLetterCode.values()) {
      if (code != DeadLetterCode.REFUSED_BY_DATABASE) {
        assertThat(count("dead-letter", code.name())).isZero();
      }
    }
  }

  @Test
  void whatADatabaseRefusesIsNotCountedAgain() {
    assertThat(registered.keySet()).noneMatch(name -> name.contains("REFUSED_BY_DATABASE"));
  }

  @Test
  void latencyIsThatOfAllVerdicts() {
    metrics.accepted(2, 1);
    metrics.rejected(RejectionReason.ID_CONFLICT, 3, 2);
    metrics.deadLettered(DeadLetterCode.TOO_LARGE, 3, 9);
    Histogram latency = (Histogram) registered.get("decisionLatencyMillis{}");
    assertThat(latency.getCount()).isEqualTo(3);
    assertThat(latency.getStatistics().getMax()).isEqualTo(9);
  }

  @Test
  void verdictsAreCountedByLane() {
    metrics.accepted(2, 1);
    metrics.rejected(RejectionReason.ID_CONFLICT, 3, 2);
    metrics.deadLettered(DeadLetterCode.TOO_LARGE, 3, 4);
    assertThat(((Counter) registered.get("verdicts{<lane>=2}")).getCount()).isEqualTo(1);
    assertThat(((Counter) registered.get("verdicts{<lane>=3}")).getCount()).isEqualTo(2);
  }

  private long count(String outcome, String reason) {
    return ((Counter)
            registered.get("verdicts{<outcome>=%s, <reason>=%s}".formatted(outcome, reason)))
        .getCount();
  }
}
