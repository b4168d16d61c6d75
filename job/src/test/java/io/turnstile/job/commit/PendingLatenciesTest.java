package io.turnstile.job.commit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Metric;
import org.apache.flink.runtime.metrics.groups.GenericMetricGroup;
import org.apache.flink.runtime.metrics.util.TestingMetricRegistry;
import org.junit.jupiter.api.Test;

class PendingLatenciesTest {

  private static final long NOW = 1_000_000;

  private final Map<String, Metric> buckets = new HashMap<>();
  private final CommittedLatency latency =
      new CommittedLatency(
          new GenericMetricGroup(
              TestingMetricRegistry.builder()
                  .setRegisterConsumer(
                      (metric, name, group) -> {
                        assertThat(name).isEqualTo("committedLatencyMillisBucket");
                        buckets.put(group.getAllVariables().get("<le>"), metric);
                      })
                  .build(),
              null,
              "operator"));
  private final PendingLatencies awaiting = new PendingLatencies(latency);

  @Test
  void bucketCountsAllUpToItsBound() {
    latency.add(-3, 1);
    latency.add(5, 1);
    latency.add(6, 2);
    latency.add(100, 1);
    latency.add(3_600_000, 1);
    assertThat(bucket("5")).isEqualTo(2);
    assertThat(bucket("10")).isEqualTo(4);
    assertThat(bucket("75")).isEqualTo(4);
    assertThat(bucket("100")).isEqualTo(5);
    assertThat(bucket("300000")).isEqualTo(5);
    assertThat(bucket("Inf")).isEqualTo(6);
  }

  @Test
  void nothingCountsBeforeItIsCommitted() {
    awaiting.add(NOW);
    long batch = awaiting.close();
    assertThat(bucket("Inf")).isZero();
    awaiting.committed(batch, NOW + 20);
    assertThat(bucket("10")).isZero();
    assertThat(bucket("20")).isEqualTo(1);
  }

  @Test
  void whatCameAfterTheBatchWasClosedWaitsForALaterOne() {
    awaiting.add(NOW);
    long first = awaiting.close();
    // The same millisecond, and yet another batch.
    awaiting.add(NOW);
    long second = awaiting.close();
    awaiting.add(NOW);
    awaiting.committed(first, NOW + 10);
    assertThat(bucket("Inf")).isEqualTo(1);
    awaiting.committed(second, NOW + 30);
    assertThat(bucket("10")).isEqualTo(1);
    assertThat(bucket("Inf")).isEqualTo(2);
  }

  @Test
  void batchCommitsThoseBeforeItToo() {
    awaiting.add(NOW);
    awaiting.close();
    awaiting.add(NOW + 1);
    awaiting.committed(awaiting.close(), NOW + 1);
    assertThat(bucket("5")).isEqualTo(2);
    awaiting.committed(awaiting.close(), NOW + 50);
    assertThat(bucket("Inf")).isEqualTo(2);
  }

  @Test
  void moreInputsThanPlacesAreAllCounted() {
    int inputs = 10_000;
    for (int i = 0; i < inputs; i++) {
      awaiting.add(NOW + i % 700);
      if (i == inputs / 2) {
        awaiting.committed(awaiting.close(), NOW + 700);
      }
    }
    awaiting.committed(awaiting.close(), NOW + 700);
    assertThat(bucket("Inf")).isEqualTo(inputs);
  }

  @Test
  void roomThatABacklogTookIsGivenBack() {
    int small = awaiting.capacity();
    for (int i = 0; i < 10_000; i++) {
      awaiting.add(NOW + i);
    }
    awaiting.committed(awaiting.close(), NOW);
    assertThat(awaiting.capacity()).isGreaterThan(10_000);
    for (int i = 0; i < 100; i++) {
      awaiting.add(NOW + i);
      awaiting.committed(awaiting.close(), NOW);
    }
    assertThat(awaiting.capacity()).isEqualTo(small);
    assertThat(bucket("Inf")).isEqualTo(10_100);
  }

  @Test
  void roomThatEveryBatchNeedsIsKept() {
    for (int batch = 0; batch < 3; batch++) {
      for (int i = 0; i < 300; i++) {
        awaiting.add(NOW + i);
      }
      awaiting.committed(awaiting.close(), NOW);
      assertThat(awaiting.capacity()).isEqualTo(512);
    }
  }

  private long bucket(String bound) {
    return (Long) ((Gauge<?>) buckets.get(bound)).getValue();
  }
}
