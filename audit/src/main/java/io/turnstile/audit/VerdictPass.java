package io.turnstile.audit;

import io.turnstile.audit.Violation.Kind;
import io.turnstile.events.Outcome;
import io.turnstile.events.PriorAcceptance;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.events.VerdictHeaders;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;

/**
 * The reading of all verdict partitions, each record once. Notes each verdict in the table of its
 * source partition, and checks what shows in the verdicts alone: places, keys, lanes, sequence
 * numbers, second acceptances.
 *
 * <p>Memory besides the tables: see {@link AcceptanceWindow}, {@link LaneSequence}, {@link
 * LaneClaims}, and 24 bytes a customer for the lane of each.
 *
 * <p>Thread-safe, as long as each verdict partition is read by one thread at a time.
 */
final class VerdictPass {

  private static final int STRIPES = 64;
  private static final long CUSTOMER_SEED = 11;

  /** Bit of a customer's entry: its lanes are already reported. */
  private static final long REPORTED = 1L << 40;

  private final InputRange range;
  private final VerdictReader reader;
  private final Violations violations = new Violations();
  private final Map<Integer, LaneAcceptances> acceptances = new HashMap<>();
  private final NamedAcceptances named;
  private final LaneSequences sequences;
  private final LongLongMap[] laneByCustomer = new LongLongMap[STRIPES];
  private final long[] farthest;
  private final String[] farthestVerdict;
  private final long[] counts = new long[OutcomeCode.COUNT];
  private final SortedMap<String, BigInteger> amounts = new TreeMap<>();
  private long verdicts;

  /**
   * @param range the inputs; their tables are filled
   * @param lanes partitions of each verdict topic
   * @param sequences takes the sequence numbers of these lanes
   * @param window the dedup window in milliseconds
   * @param slack of the acceptance windows of each lane, in milliseconds
   */
  VerdictPass(
      InputRange range,
      VerdictReader reader,
      int lanes,
      LaneSequences sequences,
      long window,
      long slack) {
    this.range = range;
    this.reader = reader;
    this.sequences = sequences;
    named = new NamedAcceptances(lanes, window);
    for (int lane = 0; lane < lanes; lane++) {
      acceptances.put(lane, new LaneAcceptances(window, slack));
    }
    for (int i = 0; i < STRIPES; i++) {
      laneByCustomer[i] = new LongLongMap();
    }
    farthest = new long[range.tables().size()];
    Arrays.fill(farthest, -1);
    farthestVerdict = new String[farthest.length];
  }

  /** Takes the next record of a partition of the topic for an outcome. */
  void verdict(Outcome topic, ConsumerRecord<byte[], byte[]> record) {
    SourcePosition position;
    try {
      checkNumber(topic, record);
      position = VerdictHeaders.position(record.headers());
    } catch (IllegalArgumentException e) {
      report(Kind.MISROUTED, null, record, "bad headers: " + e.getMessage());
      return;
    }
    if (!range.mayHold(position)) {
      report(Kind.MISROUTED, position, record, "there is no input at such a position");
      return;
    }
    VerdictTable table = range.table(position);
    if (table.contains(position.offset())) {
      verdict(topic, record, position, table);
    } else if (position.offset() >= table.end()) {
      beyond(record, position);
    }
  }

  private void verdict(
      Outcome topic,
      ConsumerRecord<byte[], byte[]> record,
      SourcePosition position,
      VerdictTable table) {
    ReadVerdict verdict = reader.read(record, topic, position.offset());
    boolean first = table.decide(position.offset(), verdict.code(), verdict.fingerprint());
    if (!first) {
      report(Kind.DUPLICATED, position, record, "one more verdict about this input");
    }
    count(verdict);
    if (verdict.fault() != null) {
      report(verdict.faultKind(), position, record, verdict.fault());
      return;
    }
    Transaction transaction = verdict.transaction();
    if (transaction == null) {
      return;
    }
    checkLane(position, record, transaction.customerId());
    if (first && verdict.code() == OutcomeCode.ACCEPTED) {
      acceptances.get(record.partition()).add(position, record, verdict);
    }
    if (first && verdict.acceptance() != null) {
      named(position, record, verdict);
    }
  }

  /** Takes a duplicate that names the acceptance that it repeats. */
  private void named(
      SourcePosition position, ConsumerRecord<byte[], byte[]> record, ReadVerdict verdict) {
    SourcePosition accepted = positionOf(verdict.acceptance());
    if (!range.mayHold(accepted)) {
      report(Kind.WRONG, position, record, "there is no input at " + accepted + " to be repeated");
    } else if (range.table(accepted).contains(accepted.offset())) {
      named.of(record.partition()).duplicate(position, record, verdict);
    } else if (accepted.offset() >= range.table(accepted).end()) {
      beyond(record, accepted);
    }
  }

  /**
   * The {@link OutcomeCode} of an input that a duplicate names; empty if nothing can be said of it:
   * it is not in the range, or not exactly one verdict about it could be read.
   */
  OptionalInt outcome(PriorAcceptance acceptance) {
    SourcePosition accepted = positionOf(acceptance);
    if (!range.mayHold(accepted)) {
      return OptionalInt.empty();
    }
    VerdictTable table = range.table(accepted);
    if (!table.contains(accepted.offset()) || table.isDuplicated(accepted.offset())) {
      return OptionalInt.empty();
    }
    int code = table.verdict(accepted.offset());
    return code < 0 ? OptionalInt.empty() : OptionalInt.of(code);
  }

  private SourcePosition positionOf(PriorAcceptance acceptance) {
    return new SourcePosition(
        range.topic(), acceptance.sourcePartition(), acceptance.sourceOffset());
  }

  /** Takes a verdict once more. */
  interface Receiver {

    void take(SourcePosition position, ConsumerRecord<byte[], byte[]> record, ReadVerdict verdict);
  }

  /**
   * Gives a verdict that was read before to a receiver. Inputs with more than one verdict are left
   * out, and verdicts with a fault: they are already reported.
   */
  void again(Outcome topic, ConsumerRecord<byte[], byte[]> record, Receiver receiver) {
    SourcePosition position = range.position(record).orElse(null);
    if (position == null || range.table(position).isDuplicated(position.offset())) {
      return;
    }
    int code = range.table(position).verdict(position.offset());
    ReadVerdict verdict = reader.read(record, topic, position.offset());
    if (code >= 0 && verdict.code() == code) {
      receiver.take(position, record, verdict);
    }
  }

  private void checkNumber(Outcome topic, ConsumerRecord<byte[], byte[]> record) {
    LaneSequence sequence = sequences.of(record.partition());
    String number = VerdictHeaders.optional(record.headers(), VerdictHeaders.LANE_SEQ);
    if (number == null) {
      sequence.addUnnumbered(record.timestamp(), place(record));
    } else if (!sequence.add(topic, Long.parseLong(number), record.timestamp())) {
      report(Kind.MISROUTED, null, record, "lane-seq " + number + " comes twice in its lane");
    }
  }

  private void checkLane(
      SourcePosition position, ConsumerRecord<byte[], byte[]> record, String customerId) {
    long customer = Fingerprint.ofText(CUSTOMER_SEED, customerId);
    LongLongMap lanes = laneByCustomer[(int) (customer >>> 58)];
    long lane = record.partition();
    long known;
    synchronized (lanes) {
      known = lanes.putIfAbsent(customer, lane);
      if (known != LongLongMap.ABSENT && known != lane && known < REPORTED) {
        lanes.put(customer, known | REPORTED);
      }
    }
    if (known != LongLongMap.ABSENT && known != lane && known < REPORTED) {
      report(
          Kind.MISROUTED,
          position,
          record,
          "customer %s has verdicts in lane %d and in lane %d".formatted(customerId, known, lane));
    }
  }

  /** Notes a verdict about an input behind the range: it may have been sent since. */
  private synchronized void beyond(ConsumerRecord<byte[], byte[]> record, SourcePosition position) {
    int partition = position.partition();
    if (position.offset() > farthest[partition]) {
      farthest[partition] = position.offset();
      farthestVerdict[partition] = place(record);
    }
  }

  private synchronized void count(ReadVerdict verdict) {
    verdicts++;
    if (verdict.code() >= 0) {
      counts[verdict.code()]++;
    }
    if (verdict.code() == OutcomeCode.ACCEPTED) {
      Transaction transaction = verdict.transaction();
      amounts.merge(
          transaction.currency(), BigInteger.valueOf(transaction.amount()), BigInteger::add);
    }
  }

  /**
   * Reports verdicts about inputs that do not exist.
   *
   * @param ends those of the source partitions, asked for after the verdicts were read
   */
  void endOfSources(Map<TopicPartition, Long> ends) {
    for (int partition = 0; partition < farthest.length; partition++) {
      if (farthest[partition] >= ends.get(new TopicPartition(range.topic(), partition))) {
        violations.add(
            new Violation(
                Kind.MISROUTED,
                new SourcePosition(range.topic(), partition, farthest[partition]),
                List.of(farthestVerdict[partition]),
                "about an input that was never written, or naming one"));
      }
    }
  }

  private void report(
      Kind kind, SourcePosition position, ConsumerRecord<byte[], byte[]> record, String what) {
    violations.add(new Violation(kind, position, List.of(place(record)), what));
  }

  static String place(ConsumerRecord<byte[], byte[]> record) {
    return record.topic() + "/" + record.partition() + "/" + record.offset();
  }

  Violations violations() {
    return violations;
  }

  NamedAcceptances namedAcceptances() {
    return named;
  }

  LaneAcceptances acceptances(int lane) {
    return acceptances.get(lane);
  }

  /** Verdicts about inputs in the range. */
  synchronized long verdicts() {
    return verdicts;
  }

  synchronized long count(int code) {
    return counts[code];
  }

  /** Accepted amounts by currency, in minor units. */
  synchronized SortedMap<String, BigInteger> amounts() {
    return new TreeMap<>(amounts);
  }
}
