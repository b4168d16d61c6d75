package io.turnstile.audit;

import io.turnstile.audit.Violation.Kind;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** The acceptances of one lane, and which of them came twice. Used by one thread at a time. */
final class LaneAcceptances {

  private static final long SEED = 12;
  private static final long MAX_TIME = 1L << 60;

  private final long window;
  private final AcceptanceWindow acceptances;
  private final Violations twice = new Violations();
  private final Map<SourcePosition, Long> idBySecond = new HashMap<>();

  /**
   * @param window the dedup window, milliseconds
   * @param slack see {@link AcceptanceWindow}
   */
  LaneAcceptances(long window, long slack) {
    this.window = window;
    this.acceptances = new AcceptanceWindow(window, slack);
  }

  /** Notes an acceptance and its place. */
  void add(SourcePosition position, ConsumerRecord<byte[], byte[]> record, ReadVerdict verdict) {
    Transaction transaction = verdict.transaction();
    long receivedAt = verdict.receivedAt();
    long id = id(transaction);
    // A time out of bounds is no input's time: the verdict is wrong, and found to be.
    if (receivedAt < 0 || receivedAt >= MAX_TIME || !acceptances.add(id, receivedAt)) {
      return;
    }
    twice.add(
        Kind.ACCEPTED_TWICE,
        () ->
            new Violation(
                Kind.ACCEPTED_TWICE,
                position,
                List.of(VerdictPass.place(record)),
                "%s of customer %s was accepted before, less than %d ms apart"
                    .formatted(transaction.transactionId(), transaction.customerId(), window)));
    if (idBySecond.size() < Violations.KEPT) {
      idBySecond.put(position, id);
    }
  }

  /** The hash that identifies a customer's transaction. */
  static long id(Transaction transaction) {
    return Fingerprint.ofText(SEED, transaction.customerId(), transaction.transactionId());
  }

  /** See {@link AcceptanceWindow#disorder()}. */
  long disorder() {
    return acceptances.disorder();
  }

  Violations twice() {
    return twice;
  }

  /** The {@link #id} of the second acceptances that are kept, by the position of their inputs. */
  Map<SourcePosition, Long> idBySecond() {
    return idBySecond;
  }
}
