package io.turnstile.audit;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/** Inputs in Kafka and verdicts in PostgreSQL as one log. No question is about both. */
final class RoutedLog implements CommittedLog {

  private final CommittedLog inputs;
  private final VerdictTableLog verdicts;

  RoutedLog(CommittedLog inputs, VerdictTableLog verdicts) {
    this.inputs = inputs;
    this.verdicts = verdicts;
  }

  private CommittedLog of(String topic) {
    return verdicts.shows(topic) ? verdicts : inputs;
  }

  private CommittedLog of(Collection<TopicPartition> partitions) {
    return partitions.isEmpty() ? inputs : of(partitions.iterator().next().topic());
  }

  @Override
  public List<TopicPartition> partitions(String topic) {
    return of(topic).partitions(topic);
  }

  @Override
  public Map<TopicPartition, Long> startOffsets(Collection<TopicPartition> partitions) {
    return of(partitions).startOffsets(partitions);
  }

  @Override
  public Map<TopicPartition, Long> stableEnds(Collection<TopicPartition> partitions) {
    return of(partitions).stableEnds(partitions);
  }

  @Override
  public Map<TopicPartition, Long> appendedEnds(Collection<TopicPartition> partitions) {
    return of(partitions).appendedEnds(partitions);
  }

  @Override
  public Map<TopicPartition, Long> offsetsSince(
      Collection<TopicPartition> partitions, long timestamp) {
    return of(partitions).offsetsSince(partitions, timestamp);
  }

  @Override
  public Cursor open(Map<TopicPartition, Long> from) {
    return of(from.keySet()).open(from);
  }

  @Override
  public Cursor openUncommitted(Map<TopicPartition, Long> from) {
    return of(from.keySet()).openUncommitted(from);
  }
}
