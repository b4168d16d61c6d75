package io.turnstile.job.turnstile;

import io.turnstile.events.ContentHash;
import io.turnstile.events.Customer;
import io.turnstile.events.RejectionReason;
import io.turnstile.job.stream.Submission;
import java.util.List;

/**
 * Decides whether a transaction passes. Knows no Flink; not thread-safe only because its {@link
 * Memory} is not.
 *
 * <p>Windows compare the absolute difference of the inputs' append times: inputs of different
 * partitions do not come in the order of their times, and a decision must not depend on who came
 * first.
 */
public final class Decider {

  private final DedupSettings settings;

  public Decider(DedupSettings settings) {
    this.settings = settings;
  }

  /** What was decided. */
  public sealed interface Decision {
    /** It passes. */
    record Accept(ContentHash contentHash, Customer customer) implements Decision {}

    /** It does not. */
    record Reject(RejectionReason reason, String detail) implements Decision {}
  }

  /**
   * Decides, and remembers an acceptance.
   *
   * @param customer null if unknown
   * @param decidedAt the job's clock, epoch milliseconds; no window is judged by it
   */
  public Decision decide(
      Submission.Enriched submission, Customer customer, Memory memory, long decidedAt)
      throws Exception {
    String id = submission.transaction().transactionId();
    long receivedAt = submission.arrival().receivedAt();
    ContentHash content = ContentHash.of(submission.transaction());

    List<Acceptance> withId = memory.byId(id);
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
    List<Acceptance> withContent = memory.byContent(content);
    for (Acceptance accepted : withContent) {
      if (!accepted.transactionId().equals(id)
          && within(settings.contentWindow().toMillis(), accepted, receivedAt)) {
        return new Decision.Reject(
            RejectionReason.DUPLICATE_CONTENT, "same content as " + inputOf(accepted));
      }
    }
    memory.remember(
        new Acceptance(
            id,
            content,
            submission.arrival().position().partition(),
            submission.arrival().position().offset(),
            receivedAt,
            decidedAt),
        withId,
        withContent);
    return new Decision.Accept(content, customer);
  }

  private static boolean within(long windowMillis, Acceptance accepted, long receivedAt) {
    return Math.abs(accepted.receivedAt() - receivedAt) <= windowMillis;
  }

  private static String inputOf(Acceptance accepted) {
    return "input " + accepted.partition() + "/" + accepted.offset();
  }
}
