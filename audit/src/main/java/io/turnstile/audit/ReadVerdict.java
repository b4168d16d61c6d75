package io.turnstile.audit;

import io.turnstile.audit.Violation.Kind;
import io.turnstile.events.PriorAcceptance;
import io.turnstile.events.Transaction;

/**
 * The content of one verdict, as {@link VerdictReader} read it.
 *
 * @param code an {@link OutcomeCode}, or {@link VerdictTable#FAULTY}
 * @param transaction the one that an accepted verdict repeats, without token; of a rejected one,
 *     only the ids count; null for a dead letter or a faulty verdict
 * @param receivedAt epoch milliseconds; 0 for a dead letter or a faulty verdict
 * @param decidedAt epoch milliseconds; 0 for a dead letter or a faulty verdict
 * @param acceptance the one that a duplicate repeats; null if it names none, and for all else
 * @param fingerprint of all that the input demands; see {@link Fingerprint}
 * @param faultKind the kind of fault that the verdict has by itself, or null
 * @param fault one line that describes it, or null
 */
record ReadVerdict(
    int code,
    Transaction transaction,
    long receivedAt,
    long decidedAt,
    PriorAcceptance acceptance,
    long fingerprint,
    Kind faultKind,
    String fault) {

  static ReadVerdict faulty(Kind kind, String fault) {
    return new ReadVerdict(VerdictTable.FAULTY, null, 0, 0, null, 0, kind, fault);
  }
}
