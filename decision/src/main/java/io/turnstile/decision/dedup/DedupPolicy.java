package io.turnstile.decision.dedup;

import io.turnstile.events.ContentHash;
import io.turnstile.events.PriorAcceptance;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import java.time.Duration;
import java.util.List;

/**
 * Decides whether a transaction repeats an accepted one. Thread-safe if its {@link DedupStore} is.
 *
 * <p>Windows compare the absolute difference of the inputs' append times: inputs of different
 * partitions do not come in the order of their times, and a decision must not depend on who came
 * first. Of several acceptances that match, a rejection names the one whose input has the least
 * append time, partition and offset, in this order.
 */
public final class DedupPolicy {

  private final DedupSettings settings;

  public DedupPolicy(DedupSettings settings) {
    this.settings = settings;
  }

  /** Decision about a transaction. */
  public sealed interface Decision {
    /** It passes. */
    record Accept(ContentHash contentHash) implements Decision {}

    /**
     * It does not.
     *
     * @param acceptance the one that it repeats, if the reason is {@link
     *     RejectionReason#DUPLICATE_ID}; else null
     */
    record Reject(RejectionReason reason, String detail, PriorAcceptance acceptance)
        implements Decision {}
  }

  /**
   * Decides, and remembers an acceptance.
   *
   * @param position of the input
   * @param receivedAt the broker's append time of the input, epoch milliseconds
   * @param decidedAt the job's clock, epoch milliseconds; no window is judged by it
   */
  public Decision decide(
      Transaction transaction,
      SourcePosition position,
      long receivedAt,
      DedupStore store,
      long decidedAt)
      throws Exception {
    String id = transaction.transactionId();
    ContentHash content = ContentHash.of(transaction);

    List<Acceptance> withId = store.byId(id);
    Acceptance repeated = null;
    Acceptance contradicted = null;
    for (Acceptance accepted : withId) {
      if (within(settings.window(), accepted, receivedAt)) {
        if (accepted.contentHash().equals(content)) {
          repeated = accepted.orEarlier(repeated);
        } else {
          contradicted = accepted.orEarlier(contradicted);
        }
      }
    }
    if (repeated != null) {
      return new Decision.Reject(
          RejectionReason.DUPLICATE_ID,
          "same id and content as " + inputOf(repeated),
          repeated.asPrior());
    }
    if (contradicted != null) {
      return new Decision.Reject(
          RejectionReason.ID_CONFLICT,
          "same id, other content than " + inputOf(contradicted),
          null);
    }
    List<Acceptance> withContent = store.byContent(content);
    Acceptance sameContent = null;
    for (Acceptance accepted : withContent) {
      if (!accepted.transactionId().equals(id)
          && within(settings.contentWindow(), accepted, receivedAt)) {
        sameContent = accepted.orEarlier(sameContent);
      }
    }
    if (sameContent != null) {
      return new Decision.Reject(
          RejectionReason.DUPLICATE_CONTENT, "same content as " + inputOf(sameContent), null);
    }
    store.remember(
        new Acceptance(id, content, position.partition(), position.offset(), receivedAt, decidedAt),
        withId,
        withContent);
    return new Decision.Accept(content);
  }

  private static boolean within(Duration window, Acceptance accepted, long receivedAt) {
    return Math.abs(accepted.receivedAt() - receivedAt) <= window.toMillis();
  }

  private static String inputOf(Acceptance accepted) {
    return "input " + accepted.partition() + "/" + accepted.offset();
  }
}
