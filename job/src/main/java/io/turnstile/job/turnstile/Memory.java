package io.turnstile.job.turnstile;

import io.turnstile.events.ContentHash;
import java.util.List;

/** What has been accepted of the customer at hand. Not thread-safe. */
public interface Memory {

  /** Acceptances under this id, in no particular order; some may be outside of every window. */
  List<Acceptance> byId(String transactionId) throws Exception;

  /** Acceptances of this content, in no particular order; some may be outside of every window. */
  List<Acceptance> byContent(ContentHash contentHash) throws Exception;

  /** Adds an acceptance; adding one of the same input again changes nothing. */
  void remember(Acceptance acceptance) throws Exception;
}
