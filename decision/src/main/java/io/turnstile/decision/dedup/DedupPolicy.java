package io.turnstile.decision.dedup;

import io.turnstile.events.ContentHash;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import java.util.List;

/**
 * Decides whether a transaction repeats an accepted one. Thread-safe if its {@link DedupStore} is.
 *
 * <p>Windows compare the absolute difference of the inputs' append times: inputs of different
 * partitions do not come in the order of their times, and a decision must not depend on who came
 * first.
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

    /** It does not. */
    record Reject(RejectionReason reason, String detail) implements Decision {}
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
    Acceptance sameId = null;
    for (Acceptance accepted : withId) {
      if (within(settings.window().toMillis(), accepted, receivedAt)) {
        sameId = accepted;
        if (accepted.contentHash().equals(content)) {
          return new Decision.Reject(
              RejectionReason.DUPLICATE_ID, "same id and content as " + inputOf(accepted));
        }
      }
    }
    if (sameId != null) {
      return new Decision.Reject(
          RejectionReason.ID_CONFLICT, "same id, other content than " + inputOf(sameId));
    }
    List<Acceptance> withContent = store.byContent(content);
    for (Acceptance accepted : withContent) {
      if (!accepted.transactionId().equals(id)
          && within(settings.contentWindow().toMillis(), accepted, receivedAt)) {
        return new Decision.Reject(
            RejectionReason.DUPLICATE_CONTENT, "same content as " + inputOf(accepted));
      }
    }
    store.remember(
        new Acceptance(id, content, position.partition(), position.offset(), receivedAt, decidedAt),
        withId,
        withContent);
    return new Decision.Accept(content);
  }

  private static boolean within(long windowMillis, Acceptance accepted, long receivedAt) {
    return Math.abs(accepted.receivedAt() - receivedAt) <= windowMillis;
  }

  private static String inputOf(Acceptance accepted) {
    return "input " + accepted.partition() + "/" + accepted.offset();
  }
}
