package io.turnstile.audit;

import io.turnstile.audit.Violation.Kind;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Decoded;
import io.turnstile.events.InputHeaders;
import io.turnstile.events.LedgerEntry;
import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.events.VerdictHeaders;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * One reading of one source partition, in order of offset: compares what the inputs demand with
 * what the table says of their verdicts. Holds nothing of an input but its share of a sum. Used by
 * one thread.
 */
final class InputPass {

  private final String topic;
  private final int partition;
  private final VerdictTable verdicts;
  private final VerdictAdditions additions;
  private final RetentionHorizon horizon;
  private final Ledger.Check ledger;
  private final long frontier;

  private final Violations faults = new Violations();
  private final Violations overtaken = new Violations();
  private final Violations ahead = new Violations();
  private final List<Integer> suspectChunks = new ArrayList<>();
  private long inputs;
  private long expired;
  private long next;
  private int chunk;
  private long sum;

  /**
   * @param ledger null if there is none
   * @param frontier the highest offset that had a verdict when the wait began: what lies before it
   *     and has none was overtaken
   */
  InputPass(
      String topic,
      int partition,
      VerdictTable verdicts,
      VerdictAdditions additions,
      RetentionHorizon horizon,
      Ledger.Check ledger,
      long frontier) {
    this.topic = topic;
    this.partition = partition;
    this.verdicts = verdicts;
    this.additions = additions;
    this.horizon = horizon;
    this.ledger = ledger;
    this.frontier = frontier;
    this.next = verdicts.start();
  }

  /** Takes the next input; one beyond the range is ignored. */
  void input(ConsumerRecord<byte[], byte[]> input) {
    long offset = input.offset();
    if (!verdicts.contains(offset)) {
      return;
    }
    skipTo(offset);
    next = offset + 1;
    inputs++;
    int code = verdicts.verdict(offset);
    if (code == VerdictTable.NONE) {
      undecided(input);
      return;
    }
    if (code == VerdictTable.FAULTY) {
      return;
    }
    sum += demanded(input, code, additions);
    String seq = VerdictHeaders.optional(input.headers(), LedgerEntry.HEADER);
    if (ledger != null && seq != null && isForLedger(input, code)) {
      String fault;
      try {
        fault = ledger.verdict(Long.parseLong(seq), position(offset), code);
      } catch (NumberFormatException e) {
        fault = "header " + LedgerEntry.HEADER + " is no number: " + seq;
      }
      if (fault != null) {
        faults.add(new Violation(Kind.WRONG, position(offset), List.of(), fault));
      }
    }
  }

  /**
   * What was sent anew has the ledger-seq of the input that it repeats, of which the ledger speaks.
   * Only its acceptance counts: it uses up the one that the group has.
   */
  private static boolean isForLedger(ConsumerRecord<byte[], byte[]> input, int code) {
    return code == OutcomeCode.ACCEPTED
        || input.headers().lastHeader(InputHeaders.REDRIVE_OF) == null;
  }

  /** Ends the reading: all inputs in the range were taken. */
  void end() {
    skipTo(verdicts.end());
    if (verdicts.start() < verdicts.end()) {
      endChunk();
    }
  }

  /**
   * The fingerprint that the verdict must have: of bytes and headers if it is a dead letter, else
   * of the transaction. An input that does not deserve this kind of verdict demands something that
   * none has.
   */
  static long demanded(ConsumerRecord<byte[], byte[]> input, int code, VerdictAdditions additions) {
    Decoded<VerdictAdditions.Demand> decoded = additions.input(input.value());
    if (decoded instanceof Decoded.Invalid<VerdictAdditions.Demand> invalid) {
      return deadLetter(input, invalid.code());
    }
    if (code == OutcomeCode.REFUSED_BY_DATABASE) {
      // Nothing in a transaction tells what a database admits.
      return deadLetter(input, DeadLetterCode.REFUSED_BY_DATABASE);
    }
    VerdictAdditions.Demand demand = ((Decoded.Valid<VerdictAdditions.Demand>) decoded).record();
    Transaction transaction = demand.transaction();
    return OutcomeCode.outcome(code) == Outcome.ACCEPTED
        ? Fingerprint.ofAccepted(input.offset(), input.timestamp(), transaction, demand.extra())
        : Fingerprint.ofRejected(
            input.offset(),
            input.timestamp(),
            transaction.transactionId(),
            transaction.customerId());
  }

  private static long deadLetter(ConsumerRecord<byte[], byte[]> input, DeadLetterCode code) {
    return Fingerprint.ofDeadLetter(
        input.offset(),
        input.key(),
        input.value(),
        InputHeaders.toDeadLetter(input.headers()),
        code);
  }

  private void undecided(ConsumerRecord<byte[], byte[]> input) {
    boolean valid = additions.input(input.value()) instanceof Decoded.Valid;
    if (horizon.mayHaveDeleted(valid, input.timestamp())) {
      expired++;
      return;
    }
    verdicts.expect(input.offset());
    (input.offset() < frontier ? overtaken : ahead)
        .add(
            Kind.MISSING,
            () ->
                new Violation(
                    Kind.MISSING,
                    position(input.offset()),
                    List.of(),
                    "no verdict; appended " + Instant.ofEpochMilli(input.timestamp())));
  }

  /** Passes offsets that hold no input: nothing may be said about them. */
  private void skipTo(long offset) {
    for (; next < offset; next++) {
      enterChunk(next);
      if (verdicts.verdict(next) != VerdictTable.NONE) {
        faults.add(
            new Violation(
                Kind.MISROUTED, position(next), List.of(), "a verdict, but there is no input"));
      }
    }
    if (offset < verdicts.end()) {
      enterChunk(offset);
    }
  }

  private void enterChunk(long offset) {
    while (chunk < verdicts.chunk(offset)) {
      endChunk();
    }
  }

  private void endChunk() {
    if (sum != verdicts.sum(chunk)) {
      suspectChunks.add(chunk);
    }
    chunk++;
    sum = 0;
  }

  private SourcePosition position(long offset) {
    return new SourcePosition(topic, partition, offset);
  }

  int partition() {
    return partition;
  }

  long inputs() {
    return inputs;
  }

  /** Inputs without verdict whose verdicts retention may have deleted. */
  long expired() {
    return expired;
  }

  /** Inputs without verdict, while later ones had theirs when the wait began. */
  Violations overtaken() {
    return overtaken;
  }

  /** Inputs without verdict that no other had overtaken when the wait began. */
  Violations ahead() {
    return ahead;
  }

  Violations faults() {
    return faults;
  }

  /** Chunks in which some verdict does not say what its input demands. */
  List<Integer> suspectChunks() {
    return suspectChunks;
  }
}
