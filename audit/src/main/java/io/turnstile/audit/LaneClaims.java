package io.turnstile.audit;

import io.turnstile.audit.Violation.Kind;
import io.turnstile.events.ContentHash;
import io.turnstile.events.Outcome;
import io.turnstile.events.PriorAcceptance;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.events.VerdictHeaders;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * The acceptances that the duplicates of one lane name. To be called in this order: {@link
 * #duplicate} for each duplicate, {@link #acceptance} for each acceptance, and if {@link
 * #unconfirmed} remain, {@link #unconfirmedDuplicate} for each duplicate and {@link #actualVerdict}
 * for each acceptance and rejection once more; then {@link #violations}.
 *
 * <p>Memory: at most 24 bytes for each acceptance that is named. Objects are held only of
 * duplicates with a wrong name, and of those received before the acceptance that they name. Any
 * other duplicate names an acceptance that came before it. If it should have named an earlier one
 * instead, the two lie within a window, so that the job has accepted twice, and {@link
 * LaneAcceptances} finds that. The exception is a pair exactly a window apart: the job's rule
 * rejects the later one, but {@link LaneAcceptances} lets it pass. Inputs of one batch have the
 * same time, so that duplicates with equal times are many.
 *
 * <p>Used by one thread at a time.
 */
final class LaneClaims {

  /** The most duplicates with a wrong name that are looked into. */
  private static final int EXAMINED = 100_000;

  private static final long CLAIMED = 0;
  private static final long CONFIRMED = 1;
  private static final long NO_NUMBER = -1;

  private final long window;
  private final LongLongMap claims = new LongLongMap();
  private final Map<Long, List<Duplicate>> early = new HashMap<>();
  private final Map<Long, List<Acceptance>> acceptancesById = new HashMap<>();
  private final Map<SourcePosition, List<Duplicate>> doubtful = new HashMap<>();
  private final Violations violations = new Violations();
  private long unconfirmed;
  private int examined;

  /**
   * @param number its {@code lane-seq}, or {@link #NO_NUMBER}
   */
  private record Duplicate(
      SourcePosition position,
      String place,
      ReadVerdict verdict,
      SourcePosition named,
      long number) {

    PriorAcceptance acceptance() {
      return verdict.acceptance();
    }
  }

  /**
   * @param number its {@code lane-seq}, or {@link #NO_NUMBER}
   */
  private record Acceptance(
      SourcePosition position, long receivedAt, ContentHash content, long number) {

    static final Comparator<Acceptance> ORDER =
        Comparator.comparingLong(Acceptance::receivedAt)
            .thenComparingInt(a -> a.position().partition())
            .thenComparingLong(a -> a.position().offset());
  }

  /**
   * @param window the dedup window, milliseconds
   */
  LaneClaims(long window) {
    this.window = window;
  }

  /** Takes a duplicate that names an acceptance whose input is in the range. */
  void duplicate(
      SourcePosition position, ConsumerRecord<byte[], byte[]> record, ReadVerdict verdict) {
    PriorAcceptance named = verdict.acceptance();
    Duplicate duplicate = duplicateOf(position, record, verdict);
    if (!within(named.receivedAt(), verdict.receivedAt())) {
      wrong(duplicate, "was received more than %d ms apart".formatted(window));
      return;
    }
    if (claims.putIfAbsent(key(named, verdict), CLAIMED) == LongLongMap.ABSENT) {
      unconfirmed++;
    }
    if (verdict.receivedAt() < named.receivedAt()) {
      early.computeIfAbsent(id(verdict), id -> new ArrayList<>()).add(duplicate);
    }
  }

  /** Number of duplicates that are held for having been received before what they name. */
  int held() {
    return early.values().stream().mapToInt(List::size).sum();
  }

  /** True if there is anything to be confirmed by acceptances. */
  boolean any() {
    return claims.size() > 0;
  }

  /** Takes an acceptance. */
  void acceptance(
      SourcePosition position, ConsumerRecord<byte[], byte[]> record, ReadVerdict verdict) {
    long key = key(actual(position, verdict), verdict);
    if (claims.get(key) == CLAIMED) {
      claims.put(key, CONFIRMED);
      unconfirmed--;
    }
    long id = id(verdict);
    if (early.containsKey(id)) {
      acceptancesById
          .computeIfAbsent(id, i -> new ArrayList<>())
          .add(
              new Acceptance(
                  position,
                  verdict.receivedAt(),
                  ContentHash.of(verdict.transaction()),
                  number(record)));
    }
  }

  /** True if there are acceptances that nothing has confirmed. */
  boolean unconfirmed() {
    return unconfirmed > 0;
  }

  /**
   * Takes a duplicate once more.
   *
   * @param named the outcome of the input that it names, as an {@link OutcomeCode}
   */
  void unconfirmedDuplicate(
      SourcePosition position,
      ConsumerRecord<byte[], byte[]> record,
      ReadVerdict verdict,
      int named) {
    Duplicate duplicate = duplicateOf(position, record, verdict);
    if (claims.get(key(duplicate.acceptance(), verdict)) != CLAIMED) {
      return;
    }
    if (OutcomeCode.outcome(named) == Outcome.DEAD_LETTER || examined == EXAMINED) {
      wrong(duplicate, "is " + OutcomeCode.name(named));
    } else {
      examined++;
      doubtful.computeIfAbsent(duplicate.named(), at -> new ArrayList<>()).add(duplicate);
    }
  }

  /**
   * Takes an accepted or rejected verdict once more, to say what is wrong with the duplicates that
   * name it.
   *
   * @param forgotten true if Kafka forgot a commit (KAFKA-20734). Its inputs were decided anew, and
   *     a duplicate committed before that names the acceptance that was forgotten
   */
  void actualVerdict(
      SourcePosition position,
      ConsumerRecord<byte[], byte[]> record,
      ReadVerdict verdict,
      boolean forgotten) {
    Transaction actual = verdict.transaction();
    List<Duplicate> duplicates = doubtful.remove(position);
    if (duplicates == null) {
      return;
    }
    for (Duplicate duplicate : duplicates) {
      Transaction repeated = duplicate.verdict().transaction();
      if (!actual.customerId().equals(repeated.customerId())
          || !actual.transactionId().equals(repeated.transactionId())) {
        wrong(
            duplicate,
            "is %s of customer %s".formatted(actual.transactionId(), actual.customerId()));
      } else if (verdict.receivedAt() != duplicate.acceptance().receivedAt()) {
        wrong(duplicate, "has received_at " + verdict.receivedAt());
      } else if (!forgotten || number(record) < duplicate.number()) {
        wrong(
            duplicate,
            verdict.code() == OutcomeCode.ACCEPTED
                ? "has decided_at " + verdict.decidedAt()
                : "is " + OutcomeCode.name(verdict.code()));
      }
    }
  }

  /** What is wrong. */
  Violations violations() {
    doubtful.values().forEach(list -> list.forEach(each -> wrong(each, "is in another lane")));
    early.forEach(
        (id, duplicates) ->
            duplicates.forEach(
                each -> checkLeast(each, acceptancesById.getOrDefault(id, List.of()))));
    return violations;
  }

  /** Only {@code lane-seq} tells which acceptances there were when a duplicate was decided. */
  private void checkLeast(Duplicate duplicate, List<Acceptance> acceptances) {
    acceptances.stream()
        .filter(named -> named.position().equals(duplicate.named()))
        .findFirst()
        .ifPresent(
            named ->
                acceptances.stream()
                    .filter(other -> other.content().equals(named.content()))
                    .filter(other -> within(other.receivedAt(), duplicate.verdict().receivedAt()))
                    .filter(other -> other.number() != NO_NUMBER)
                    .filter(other -> other.number() < duplicate.number())
                    .filter(other -> Acceptance.ORDER.compare(other, named) < 0)
                    .min(Acceptance.ORDER)
                    .ifPresent(least -> wrong(duplicate, "comes after " + least.position())));
  }

  private void wrong(Duplicate duplicate, String what) {
    violations.add(
        Kind.WRONG,
        () ->
            new Violation(
                Kind.WRONG,
                duplicate.position(),
                List.of(duplicate.place()),
                "it repeats the acceptance of %s, says the verdict, but that %s"
                    .formatted(duplicate.named(), what)));
  }

  private boolean within(long accepted, long receivedAt) {
    // The difference may overflow: what is claimed may be any number.
    return accepted >= receivedAt - window && accepted <= receivedAt + window;
  }

  private static Duplicate duplicateOf(
      SourcePosition position, ConsumerRecord<byte[], byte[]> record, ReadVerdict verdict) {
    PriorAcceptance named = verdict.acceptance();
    return new Duplicate(
        position,
        VerdictPass.place(record),
        verdict,
        new SourcePosition(position.topic(), named.sourcePartition(), named.sourceOffset()),
        number(record));
  }

  private static PriorAcceptance actual(SourcePosition position, ReadVerdict accepted) {
    return new PriorAcceptance(
        position.partition(), position.offset(), accepted.receivedAt(), accepted.decidedAt());
  }

  private static long key(PriorAcceptance acceptance, ReadVerdict verdict) {
    return Fingerprint.ofAcceptance(
        acceptance, verdict.transaction().customerId(), verdict.transaction().transactionId());
  }

  private static long id(ReadVerdict verdict) {
    return LaneAcceptances.id(verdict.transaction());
  }

  private static long number(ConsumerRecord<byte[], byte[]> record) {
    String number = VerdictHeaders.optional(record.headers(), VerdictHeaders.LANE_SEQ);
    return number == null ? NO_NUMBER : Long.parseLong(number);
  }
}
