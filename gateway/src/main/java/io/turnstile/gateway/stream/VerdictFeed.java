package io.turnstile.gateway.stream;

import java.util.function.Consumer;

/** Gives committed verdicts as they come. Thread-safe. */
public interface VerdictFeed extends AutoCloseable {

  /**
   * Begins. Where it must connect anew, verdicts of the meantime are left out.
   *
   * @param listener gets verdicts, on one thread at a time
   */
  void start(Consumer<CommittedVerdict> listener);

  /** Returns whether verdicts are being read. */
  boolean isFollowing();

  @Override
  void close();
}
