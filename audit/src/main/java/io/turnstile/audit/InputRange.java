package io.turnstile.audit;

import io.turnstile.events.SourcePosition;
import io.turnstile.events.VerdictHeaders;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The inputs that are audited.
 *
 * @param topic their topic
 * @param tables the verdicts about the inputs of each of its partitions
 */
record InputRange(String topic, List<VerdictTable> tables) {

  InputRange {
    tables = List.copyOf(tables);
  }

  /** True if there may ever be an input at a position. */
  boolean mayHold(SourcePosition position) {
    return position.topic().equals(topic)
        && position.partition() >= 0
        && position.partition() < tables.size()
        && position.offset() >= 0;
  }

  /** The table of the partition of a position that {@linkplain #mayHold may hold} an input. */
  VerdictTable table(SourcePosition position) {
    return tables.get(position.partition());
  }

  /** The position of the input that a verdict is about, if it is in the range. */
  Optional<SourcePosition> position(ConsumerRecord<byte[], byte[]> verdict) {
    try {
      return Optional.of(VerdictHeaders.position(verdict.headers()))
          .filter(position -> mayHold(position) && table(position).contains(position.offset()));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
