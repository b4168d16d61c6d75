package io.turnstile.job.validate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.Metric;
import org.apache.flink.runtime.metrics.groups.GenericMetricGroup;
import org.apache.flink.runtime.metrics.util.TestingMetricRegistry;
import org.junit.jupiter.api.Test;

class InputMetricsTest {

  private final Map<String, Metric> registered = new HashMap<>();
  private final InputMetrics metrics =
      new InputMetrics(
          new GenericMetricGroup(
              TestingMetricRegistry.builder()
                  .setRegisterConsumer(
                      (metric, name, group) ->
                          registered.put(
                              name + " " + group.getAllVariables().get("<partition>"), metric))
                  .build(),
              null,
              "operator"));

  @Test
  void everyPartitionIsCountedByItself() {
    metrics.read(2, 10);
    metrics.read(0, 11);
    metrics.read(2, 15);
    assertThat(((Counter) registered.get("inputs 2")).getCount()).isEqualTo(2);
    assertThat(((Counter) registered.get("inputs 0")).getCount()).isEqualTo(1);
    assertThat(((Gauge<?>) registered.get("inputAgeMillis 2")).getValue()).isEqualTo(15L);
    assertThat(((Gauge<?>) registered.get("inputAgeMillis 0")).getValue()).isEqualTo(11L);
  }

  @Test
  void partitionWithoutInputsDoesNotShow() {
    metrics.read(1, 10);
    assertThat(registered).containsOnlyKeys("inputs 1", "inputAgeMillis 1");
  }
}
