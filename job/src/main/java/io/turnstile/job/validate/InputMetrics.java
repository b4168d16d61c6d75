package io.turnstile.job.validate;

import java.util.Arrays;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;

/**
 * Metrics of each partition of the transactions topic: the number of inputs read, and the age of
 * the last of them since its append. In a partition that is behind, unread inputs are about as old.
 * A partition appears with its first input.
 */
final class InputMetrics {

  private final MetricGroup group;
  private Partition[] partitions = new Partition[0];

  private static final class Partition {
    private final Counter inputs;
    private long ageMillis;

    Partition(MetricGroup group) {
      inputs = group.counter("inputs");
      group.gauge("inputAgeMillis", () -> ageMillis);
    }
  }

  InputMetrics(MetricGroup group) {
    this.group = group;
  }

  void read(int number, long ageMillis) {
    if (number >= partitions.length) {
      partitions = Arrays.copyOf(partitions, number + 1);
    }
    Partition partition = partitions[number];
    if (partition == null) {
      partition = new Partition(group.addGroup("partition", Integer.toString(number)));
      partitions[number] = partition;
    }
    partition.ageMillis = ageMillis;
    partition.inputs.inc();
  }
}
