package io.turnstile.audit;

import io.turnstile.audit.Violation.Kind;
import io.turnstile.events.Outcome;
import io.turnstile.events.VerdictHeaders;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * The {@code lane-seq} of all lanes. A gap counts only up to the highest number that is
 * <em>settled</em>: every lower one must have been read by then. {@link #of} may be used by many
 * threads, the other methods by one.
 */
final class LaneSequences {

  private final List<LaneSequence> lanes;
  private final AtomicLong neverCommitted = new AtomicLong();
  private boolean unsettled;

  LaneSequences(int lanes) {
    this.lanes = IntStream.range(0, lanes).mapToObj(LaneSequence::new).toList();
  }

  LaneSequence of(int lane) {
    return lanes.get(lane);
  }

  /**
   * Settles the numbers seen so far: reads up to the present ends of the logs. Then every number up
   * to the highest so far has been read, also one of the same transaction that its partition was
   * about to show. A lane that cannot be read so far in time stays unsettled.
   *
   * @param receiver takes the verdicts that are read; it gives their numbers to {@link #of}
   */
  void settle(
      VerdictPartitions partitions, BiConsumer<Outcome, ConsumerRecord<byte[], byte[]>> receiver) {
    lanes.forEach(LaneSequence::settle);
    if (lanes.stream().noneMatch(LaneSequence::present)) {
      return;
    }
    Map<TopicPartition, Long> ends = partitions.appendedEnds();
    partitions.readOn(receiver, () -> partitions.notReadTo(ends).isEmpty());
    for (TopicPartition partition : partitions.notReadTo(ends)) {
      of(partition.partition()).unsettle();
      unsettled = true;
    }
  }

  /** Adds gaps, and verdicts that lack a number, to the violations. */
  void check(VerdictPartitions partitions, Violations found) {
    for (int lane = 0; lane < lanes.size(); lane++) {
      LaneSequence sequence = of(lane);
      Set<Outcome> startedLater = partitions.startedLater(lane);
      if (sequence.gap(startedLater).isPresent()) {
        addUncommitted(partitions, lane);
      }
      sequence
          .gap(startedLater)
          .ifPresent(gap -> found.add(new Violation(Kind.MISROUTED, null, List.of(), gap)));
      sequence
          .unnumbered()
          .ifPresent(
              place ->
                  found.add(
                      new Violation(
                          Kind.MISROUTED,
                          null,
                          List.of(place),
                          "no lane-seq, though verdicts of its lane had one before")));
    }
  }

  /**
   * Kafka may acknowledge a commit and then not carry it out on a partition (KAFKA-20734). The job
   * decides such inputs again, under other numbers: the first ones are not missing.
   */
  private void addUncommitted(VerdictPartitions partitions, int lane) {
    partitions.readUncommitted(
        lane,
        record -> {
          OptionalLong number = VerdictHeaders.uncommittedLaneSeq(record.headers());
          if (number.isPresent() && of(lane).addUncommitted(number.getAsLong())) {
            neverCommitted.incrementAndGet();
          }
        });
  }

  /** True if some lane was not checked for gaps. */
  boolean unsettled() {
    return unsettled;
  }

  /** Numbers of verdicts that were appended and never committed, though later ones were. */
  long neverCommitted() {
    return neverCommitted.get();
  }
}
