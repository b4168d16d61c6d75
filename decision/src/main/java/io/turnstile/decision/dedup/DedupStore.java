package io.turnstile.decision.dedup;

import io.turnstile.events.ContentHash;
import java.util.List;

/** Acceptances of the current customer. Not thread-safe. */
public interface DedupStore {

  /** Acceptances under this id, in no particular order; some may be outside of every window. */
  List<Acceptance> byId(String transactionId) throws Exception;

  /**
   * Acceptances of this content, in no particular order; some may be outside of every window. Empty
   * where content is not compared.
   */
  List<Acceptance> byContent(ContentHash contentHash) throws Exception;

  /**
   * Adds an acceptance; adding one of the same input again changes nothing.
   *
   * @param sameId what {@link #byId} has just given for its id
   * @param sameContent what {@link #byContent} has just given for its content
   */
  void remember(Acceptance acceptance, List<Acceptance> sameId, List<Acceptance> sameContent)
      throws Exception;

  /** The same for an acceptance of which nothing has been read yet. */
  default void remember(Acceptance acceptance) throws Exception {
    remember(acceptance, byId(acceptance.transactionId()), byContent(acceptance.contentHash()));
  }
}
