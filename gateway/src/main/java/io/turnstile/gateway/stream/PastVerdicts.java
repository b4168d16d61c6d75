package io.turnstile.gateway.stream;

import io.turnstile.events.SourcePosition;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Finds inputs and verdicts that are in their topics already. Thread-safe, never blocks. */
public interface PastVerdicts {

  /**
   * An input as it is in its topic.
   *
   * @param position of it
   * @param appendedAt its append time, epoch milliseconds
   * @param value not to be changed; may be null
   */
  // Read only.
  @SuppressWarnings("ArrayRecordComponent")
  record Input(SourcePosition position, long appendedAt, byte[] value) {}

  /**
   * The input of a position; empty if there is none (any more). Fails with {@link
   * java.util.concurrent.RejectedExecutionException} if too many ask.
   */
  CompletableFuture<Optional<Input>> input(int partition, long offset);

  /**
   * The verdict of an input; empty if it is not committed yet. Fails like {@link #input}, and with
   * {@link java.util.concurrent.TimeoutException} if it would take too long to find it.
   */
  CompletableFuture<Optional<CommittedVerdict>> verdict(Input input);
}
