package io.turnstile.bench.http;

import io.turnstile.bench.measure.Probe;
import io.turnstile.bench.measure.VerdictProbe.VerdictListener;
import io.turnstile.events.LedgerEntry;
import io.turnstile.events.RejectionReason;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.SimulatedEvent.Submission;
import io.turnstile.simulator.TokenIssuer;
import io.turnstile.simulator.TransactionTransport;
import io.turnstile.simulator.http.Answer;
import io.turnstile.simulator.http.AnswerAudit;
import io.turnstile.simulator.http.AnswerLedger;
import io.turnstile.simulator.http.GatewayClient;
import io.turnstile.simulator.http.Question;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Asks a gateway about the transactions of a load, and times each from when it was meant to be
 * asked to its final answer, repeated attempts included. Thread-safe.
 */
public final class HttpProbe implements Probe, TransactionTransport {

  private static final long STALLED_SECONDS = 60;

  private final Path file;
  private final AtomicLong sent = new AtomicLong();
  private final AtomicLong answered = new AtomicLong();
  private final ConcurrentLinkedQueue<Long> failed = new ConcurrentLinkedQueue<>();
  private volatile VerdictListener listener;
  private volatile Semaphore users;
  private volatile GatewayClient client;
  private AnswerLedger ledger;

  /**
   * Asks nothing yet.
   *
   * @param file of the ledger of answers
   */
  public HttpProbe(Path file, VerdictListener listener) {
    this.file = file;
    this.listener = listener;
  }

  /** Opens so many connections to a gateway. */
  public void connect(URI gateway, int connections) throws IOException, InterruptedException {
    ledger = new AnswerLedger(file, false);
    client = GatewayClient.connect(List.of(gateway), connections, ledger);
  }

  /**
   * From now on there are so many users, each with a connection, who ask when they have their
   * answer: a closed loop.
   */
  public void users(int count) throws IOException, InterruptedException {
    client.limit(count);
    users = new Semaphore(count);
  }

  @Override
  public void send(Submission submission, TokenIssuer tokens, long intendedNanos)
      throws InterruptedException {
    Semaphore loop = users;
    long asked = intendedNanos;
    if (loop != null) {
      if (!loop.tryAcquire(STALLED_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("no user got an answer for " + STALLED_SECONDS + " s");
      }
      asked = System.nanoTime();
    }
    sent.incrementAndGet();
    listener.sent(asked, System.nanoTime());
    String customer = submission.transaction().customerId();
    client.ask(
        Question.of(
            submission.transaction(),
            submission.shape(),
            () -> tokens.token(submission.tokenKind(), customer),
            asked),
        answer -> {
          take(submission, answer);
          if (loop != null) {
            loop.release();
          }
        });
  }

  private void take(Submission submission, Answer answer) {
    String outcome = answer.outcome();
    // An accepted one's duplicate is given the same answer.
    boolean right =
        submission.allowed().contains(outcome)
            || (outcome.equals(LedgerEntry.ACCEPTED)
                && submission.allowed().contains(RejectionReason.DUPLICATE_ID.name()));
    long intended = answer.question().intendedNanos();
    if (!right || answer.attempts() > 1) {
      failed.add(intended);
    }
    listener.joined(0, intended, answer.nanos());
    listener.outcome(outcome);
    answered.incrementAndGet();
  }

  /**
   * Questions that were meant to be asked since then and had another answer than the right one, at
   * first or at last.
   */
  public long failedSince(long nanos) {
    return failed.stream().filter(intended -> intended >= nanos).count();
  }

  /** Compares all answers with the topics; nothing is asked any more. */
  public AnswerAudit audit(KafkaConnection kafka) throws IOException {
    close();
    return AnswerAudit.of(kafka, List.of(file));
  }

  @Override
  public void tell(VerdictListener next) {
    listener = next;
  }

  @Override
  public long sent() {
    return sent.get();
  }

  @Override
  public long answered() {
    return answered.get();
  }

  @Override
  public void requireReading() {
    client.requireWorking();
  }

  @Override
  public synchronized void close() {
    if (ledger == null) {
      return;
    }
    if (client != null) {
      client.close();
    }
    try {
      ledger.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ledger = null;
  }
}
