package io.turnstile.gateway.stream;

import io.turnstile.events.SourcePosition;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Brings each verdict to the request that waits for it. Thread-safe.
 *
 * <p>A verdict may come before Kafka's acknowledgement says at which position its input lies. So
 * the verdicts of a customer are kept while something of that customer is being sent.
 */
public final class PendingVerdicts {

  /** Kept in all. Whoever's verdict finds no room is answered as if it were late. */
  static final int MAX_EARLY = 10_000;

  /** Verdicts that may belong to what is being sent for a customer. */
  private static final class Sending {
    private int sends;
    private final Map<SourcePosition, CommittedVerdict> early = new HashMap<>();
  }

  private final Map<SourcePosition, CompletableFuture<CommittedVerdict>> waiting = new HashMap<>();
  private final Map<String, Sending> sendingByCustomer = new HashMap<>();
  private int early;

  /** Says that something of a customer is about to be sent. The ticket must be used, once. */
  public synchronized Ticket sending(String customerId) {
    sendingByCustomer.computeIfAbsent(customerId, id -> new Sending()).sends++;
    return new Ticket(customerId);
  }

  /** One thing that is being sent. */
  public final class Ticket {

    private final String customerId;

    private Ticket(String customerId) {
      this.customerId = customerId;
    }

    /**
     * The verdict of what was sent, now or later; to be {@linkplain #forget forgotten} if never.
     */
    public CompletableFuture<CommittedVerdict> sent(SourcePosition position) {
      synchronized (PendingVerdicts.this) {
        CommittedVerdict verdict = end(customerId, position);
        return verdict != null
            ? CompletableFuture.completedFuture(verdict)
            : waiting.computeIfAbsent(position, each -> new CompletableFuture<>());
      }
    }

    /** Says that it was not sent, or nobody knows where it is. */
    public void failed() {
      synchronized (PendingVerdicts.this) {
        end(customerId, null);
      }
    }
  }

  /** The verdict of that position if it was early. */
  private CommittedVerdict end(String customerId, SourcePosition position) {
    Sending sending = sendingByCustomer.get(customerId);
    CommittedVerdict verdict = position == null ? null : sending.early.remove(position);
    if (verdict != null) {
      early--;
    }
    if (--sending.sends == 0) {
      early -= sending.early.size();
      sendingByCustomer.remove(customerId);
    }
    return verdict;
  }

  /** Says that nobody waits for the verdict of a position any more. */
  public synchronized void forget(SourcePosition position) {
    waiting.remove(position);
  }

  /** Takes a verdict. */
  public void verdict(CommittedVerdict verdict) {
    CompletableFuture<CommittedVerdict> awaited;
    synchronized (this) {
      awaited = waiting.remove(verdict.input());
      if (awaited == null && !sendingByCustomer.isEmpty() && early < MAX_EARLY) {
        Sending sending = sendingByCustomer.get(verdict.customerId());
        if (sending != null && sending.early.put(verdict.input(), verdict) == null) {
          early++;
        }
      }
    }
    if (awaited != null) {
      awaited.complete(verdict);
    }
  }

  /** Number of requests that wait for their verdict. */
  public synchronized int waiting() {
    return waiting.size();
  }

  /** Number of verdicts kept for what is being sent. */
  synchronized int early() {
    return early;
  }
}
