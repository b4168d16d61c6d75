package io.turnstile.simulator.hostile;

import java.util.Set;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * One record of an attack.
 *
 * @param verdicts the codes of which its one verdict must have one, in the terms of a ledger; empty
 *     if there must be no verdict
 * @param refused whether the broker must not take it
 */
record Shot(ProducerRecord<byte[], byte[]> record, Set<String> verdicts, boolean refused) {

  static Shot decided(ProducerRecord<byte[], byte[]> record, Enum<?> verdict) {
    return new Shot(record, Set.of(verdict.name()), false);
  }

  static Shot undecided(ProducerRecord<byte[], byte[]> record) {
    return new Shot(record, Set.of(), false);
  }

  static Shot refused(ProducerRecord<byte[], byte[]> record) {
    return new Shot(record, Set.of(), true);
  }
}
