package io.turnstile.audit;

import io.turnstile.audit.Violation.Kind;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Decoded;
import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A second reading, made only when something is wrong: of the inputs in suspect chunks, then of all
 * verdicts, to name what is wrong where. Holds 8 bytes for each input of a suspect chunk.
 * Thread-safe.
 */
final class ViolationLocator {

  /** The most wrong verdicts that are compared with their inputs field by field. */
  private static final int COMPARED = 50;

  /** A fingerprint that no input demands, but for one chance in 2^64. */
  private static final long NO_INPUT = 0;

  /** The most suspect chunks that are looked into, over all partitions: 128 MB. */
  private static final int EXAMINED = 16_384;

  private final InputRange range;
  private final VerdictAdditions additions;
  private final VerdictReader reader;
  private final List<Map<Integer, long[]>> demandedByChunk = new ArrayList<>();
  private final List<Set<Integer>> unexplained = new ArrayList<>();
  private final Map<SourcePosition, List<String>> placesByPosition = new HashMap<>();
  private final Map<Long, List<String>> placesByAcceptance = new HashMap<>();
  private final Violations wrong = new Violations();
  private final InputLookup inputs;
  private int compared;
  private int examined;

  /** Finds an input again. */
  interface InputLookup {

    /** The input at a position. */
    Optional<ConsumerRecord<byte[], byte[]>> at(SourcePosition position);
  }

  ViolationLocator(
      InputRange range, VerdictAdditions additions, VerdictReader reader, InputLookup inputs) {
    this.range = range;
    this.additions = additions;
    this.reader = reader;
    this.inputs = inputs;
    for (int i = 0; i < range.tables().size(); i++) {
      demandedByChunk.add(new HashMap<>());
      unexplained.add(new HashSet<>());
    }
  }

  /** Asks for the places of the verdicts about an input. */
  void seek(SourcePosition position) {
    placesByPosition.put(position, new ArrayList<>());
  }

  /** Asks for the places of the acceptances with a {@link LaneAcceptances#id}. */
  void seekAcceptance(long id) {
    placesByAcceptance.put(id, new ArrayList<>());
  }

  /**
   * Asks what is wrong in a chunk.
   *
   * @return false if there are too many to look into; then it counts as one wrong verdict
   */
  boolean suspect(int partition, int chunk) {
    unexplained.get(partition).add(chunk);
    if (examined == EXAMINED) {
      return false;
    }
    examined++;
    demandedByChunk.get(partition).put(chunk, new long[VerdictTable.CHUNK]);
    return true;
  }

  /** Takes an input again; only those in suspect chunks matter. */
  synchronized void input(ConsumerRecord<byte[], byte[]> input) {
    VerdictTable table = range.tables().get(input.partition());
    if (!table.contains(input.offset())) {
      return;
    }
    long[] demanded = demandedByChunk.get(input.partition()).get(table.chunk(input.offset()));
    int code = table.verdict(input.offset());
    if (demanded != null && code >= 0) {
      demanded[table.index(input.offset())] = InputPass.demanded(input, code, additions);
    }
  }

  /** Takes a verdict again. */
  void verdict(Outcome topic, ConsumerRecord<byte[], byte[]> record) {
    SourcePosition position = range.position(record).orElse(null);
    if (position == null) {
      return;
    }
    VerdictTable table = range.table(position);
    int chunk = table.chunk(position.offset());
    long[] demanded = demandedByChunk.get(position.partition()).get(chunk);
    boolean acceptance = topic == Outcome.ACCEPTED && !placesByAcceptance.isEmpty();
    ReadVerdict verdict =
        demanded != null || acceptance ? reader.read(record, topic, position.offset()) : null;
    synchronized (this) {
      List<String> places = placesByPosition.get(position);
      if (places != null) {
        places.add(VerdictPass.place(record));
      }
      if (verdict == null || verdict.code() < 0) {
        return;
      }
      if (acceptance) {
        List<String> acceptances =
            placesByAcceptance.get(LaneAcceptances.id(verdict.transaction()));
        if (acceptances != null) {
          acceptances.add(VerdictPass.place(record));
        }
      }
      if (demanded == null || table.verdict(position.offset()) != verdict.code()) {
        return;
      }
      long due = demanded[table.index(position.offset())];
      if (due != verdict.fingerprint()) {
        unexplained.get(position.partition()).remove(chunk);
        if (due != NO_INPUT) {
          wrong.add(Kind.WRONG, () -> wrong(position, verdict, record));
        }
      }
    }
  }

  private Violation wrong(
      SourcePosition position, ReadVerdict verdict, ConsumerRecord<byte[], byte[]> record) {
    String what =
        ++compared > COMPARED
            ? "does not say what its input demands"
            : inputs
                .at(position)
                .map(input -> difference(verdict, record, input))
                .orElse("its input is gone");
    return new Violation(Kind.WRONG, position, List.of(VerdictPass.place(record)), what);
  }

  /** Returns what was found, and the given violations with the places of their verdicts. */
  Violations locate(Violations found, Map<SourcePosition, Long> idBySecond) {
    Violations located = found.map(violation -> placed(violation, idBySecond));
    for (int partition = 0; partition < range.tables().size(); partition++) {
      VerdictTable table = range.tables().get(partition);
      // A verdict about an offset that holds no input spoils sums too, and is reported as such.
      Set<Integer> reported = chunksOf(found, partition);
      for (int chunk : unexplained.get(partition)) {
        if (!reported.contains(chunk)) {
          located.add(
              new Violation(
                  Kind.WRONG,
                  new SourcePosition(range.topic(), partition, table.chunkStart(chunk)),
                  List.of(),
                  "of the verdicts about it and the %d inputs after it, not all say what their inputs demand"
                      .formatted(VerdictTable.CHUNK - 1)));
        }
      }
    }
    located.addAll(wrong);
    return located;
  }

  private Set<Integer> chunksOf(Violations found, int partition) {
    VerdictTable table = range.tables().get(partition);
    Set<Integer> chunks = new HashSet<>();
    for (Violation violation : found.list()) {
      SourcePosition at = violation.source();
      if (at != null
          && range.mayHold(at)
          && at.partition() == partition
          && table.contains(at.offset())) {
        chunks.add(table.chunk(at.offset()));
      }
    }
    return chunks;
  }

  private Violation placed(Violation violation, Map<SourcePosition, Long> idBySecond) {
    List<String> places = null;
    if (violation.kind() == Kind.ACCEPTED_TWICE) {
      places = placesByAcceptance.get(idBySecond.get(violation.source()));
    } else if (violation.source() != null) {
      places = placesByPosition.get(violation.source());
    }
    return places == null || places.isEmpty()
        ? violation
        : new Violation(violation.kind(), violation.source(), places, violation.what());
  }

  private String difference(
      ReadVerdict verdict,
      ConsumerRecord<byte[], byte[]> record,
      ConsumerRecord<byte[], byte[]> input) {
    Decoded<VerdictAdditions.Demand> decoded = additions.input(input.value());
    boolean deadLettered = verdict.transaction() == null;
    if (decoded instanceof Decoded.Invalid<VerdictAdditions.Demand> invalid) {
      DeadLetterCode code = invalid.code();
      if (OutcomeCode.of(code) != verdict.code()) {
        return OutcomeCode.name(verdict.code()) + ", but its input is " + code;
      }
      return notRepeated(record, input);
    }
    if (verdict.code() == OutcomeCode.REFUSED_BY_DATABASE) {
      return notRepeated(record, input);
    }
    Transaction transaction =
        ((Decoded.Valid<VerdictAdditions.Demand>) decoded).record().transaction();
    if (deadLettered) {
      return OutcomeCode.name(verdict.code()) + ", but its input is a well-formed transaction";
    }
    StringJoiner differences = new StringJoiner("; ");
    Transaction said = verdict.transaction();
    compare(differences, "received_at", verdict.receivedAt(), input.timestamp());
    compare(differences, "transaction_id", said.transactionId(), transaction.transactionId());
    compare(differences, "customer_id", said.customerId(), transaction.customerId());
    if (verdict.code() == OutcomeCode.ACCEPTED) {
      compare(differences, "product_id", said.productId(), transaction.productId());
      compare(differences, "quantity", said.quantity(), transaction.quantity());
      compare(differences, "amount", said.amount(), transaction.amount());
      compare(differences, "currency", said.currency(), transaction.currency());
      compare(differences, "occurred_at", said.occurredAt(), transaction.occurredAt());
    }
    return differences.length() == 0
        ? "extra does not have the fields of its input"
        : differences.toString();
  }

  /** Names what a dead letter has not of its input. */
  private static String notRepeated(
      ConsumerRecord<byte[], byte[]> record, ConsumerRecord<byte[], byte[]> input) {
    if (!Arrays.equals(input.key(), record.key())) {
      return "the dead letter's key is not that of its input";
    }
    return Arrays.equals(input.value(), record.value())
        ? "the dead letter's headers are not those of its input"
        : "the dead letter's bytes are not those of its input";
  }

  private static void compare(StringJoiner differences, String field, Object said, Object is) {
    if (!said.equals(is)) {
      differences.add(field + " is " + said + ", its input's is " + is);
    }
  }
}
