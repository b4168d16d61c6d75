package io.turnstile.job.commit.journal.kafka;

import io.turnstile.job.commit.journal.JournalException;
import java.time.Duration;
import java.util.Optional;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.admin.TransactionState;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.errors.ProducerFencedException;

/**
 * Tells who owns a lane's transactional id, and so why a producer has failed: another owner, a
 * timeout, or something else. Thread-safe.
 */
final class KafkaLaneOwnership {

  /** For a diagnosis, which the failure of the task must not wait for much longer. */
  static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(5);

  /**
   * An owner of that age fails at once. If another job has fenced it, that one is fenced in turn by
   * the next attempt: it is young then, and has the time to find out.
   */
  static final Duration OLD = Duration.ofMinutes(5);

  /** Knows the newest transaction of the lane's transactional id. */
  interface Coordinator {

    /**
     * Describes it.
     *
     * @param timeout how long to wait for the answer
     */
    TransactionDescription describe(Duration timeout) throws JournalException, InterruptedException;
  }

  /** Looks whether readers see a commit. */
  interface Visibility {

    /** What they see instead, for a message; null if they see it. */
    String missing() throws JournalException, InterruptedException;
  }

  static final long MIN_VISIBLE_POLL_MILLIS = 2;

  /** Many lanes ask a broker that is in trouble. */
  private static final long MAX_VISIBLE_POLL_MILLIS = 50;

  private final Coordinator coordinator;
  private final String at;
  private final String transactionalId;
  private final Duration transactionTimeout;
  private final Duration strayLives;

  /**
   * @param at begins every message
   * @param strayLives within which a process of this job that was given up for dead, and wakes up,
   *     notices so
   */
  KafkaLaneOwnership(
      Coordinator coordinator,
      String at,
      String transactionalId,
      Duration transactionTimeout,
      Duration strayLives) {
    this.coordinator = coordinator;
    this.at = at;
    this.transactionalId = transactionalId;
    this.transactionTimeout = transactionTimeout;
    this.strayLives = strayLives;
  }

  /**
   * Makes the exception to throw.
   *
   * @param what was tried
   * @param transactionAge since the open transaction began; empty if none is open
   */
  JournalException explain(String what, Throwable e, Optional<Duration> transactionAge) {
    if (!isFencing(e) && KafkaFailures.find(InvalidTxnStateException.class, e) == null) {
      return KafkaFailures.explain(at + what, e);
    }
    if (isTimedOut(transactionAge)) {
      return new JournalException(
          at
              + what
              + " failed: the transaction was open for "
              + transactionAge.orElseThrow().toSeconds()
              + " s, after "
              + transactionTimeout.toSeconds()
              + " s the broker aborts it; the job goes back to its last checkpoint",
          e);
    }
    return new JournalException.Fenced(
        at
            + what
            + " failed: another owner took over transactional id "
            + transactionalId
            + "; the job goes back to its last checkpoint",
        e);
  }

  /** The broker itself has fenced the producer, or is about to. */
  private boolean isTimedOut(Optional<Duration> transactionAge) {
    return transactionAge.filter(age -> age.compareTo(transactionTimeout) >= 0).isPresent();
  }

  private static boolean isFencing(Throwable e) {
    return KafkaFailures.find(ProducerFencedException.class, e) != null
        || KafkaFailures.find(InvalidProducerEpochException.class, e) != null;
  }

  /**
   * Tells another job from a process of our own that was thought dead: the latter soon ends. Kafka
   * knows no more of a transaction's owner than its producer id and epoch, and that it commits.
   *
   * @param transactionAge as for {@link #explain}
   * @param owned for how long the lane was owned, or more
   */
  JournalException diagnose(JournalException e, Optional<Duration> transactionAge, Duration owned)
      throws InterruptedException {
    if (e instanceof JournalException.Refused || !isFencing(e) || isTimedOut(transactionAge)) {
      return e;
    }
    if (owned.compareTo(OLD) >= 0) {
      return e;
    }
    TransactionDescription before;
    TransactionDescription after;
    try {
      Thread.sleep(strayLives.toMillis());
      before = coordinator.describe(ANSWER_TIMEOUT);
      Thread.sleep(strayLives.toMillis());
      after = coordinator.describe(ANSWER_TIMEOUT);
    } catch (JournalException unknown) {
      e.addSuppressed(unknown);
      return e;
    }
    if (after.producerId() == before.producerId()
        && after.producerEpoch() == before.producerEpoch()) {
      return e;
    }
    return new JournalException.Refused(
        at
            + "another job writes to the same verdict topics: it has taken over transactional id "
            + transactionalId
            + " ("
            + KafkaFailures.oneLine(e.getCause())
            + ") and goes on committing as producer "
            + after.producerId()
            + " epoch "
            + after.producerEpoch()
            + "; stop one of the two jobs, or give it topics of its own (--topic-prefix)",
        e);
  }

  /**
   * Waits until readers see a commit of the newest transaction. It is acknowledged when the
   * coordinator has it, and carried out on each partition after that. A partition without a leader
   * just then is taken for deleted (KAFKA-20734): what was written there stays invisible.
   *
   * @param timeout after which to give up, and for each answer of the coordinator
   * @throws JournalException if they never will, or not in time
   */
  void awaitVisible(Visibility commit, Duration timeout)
      throws JournalException, InterruptedException {
    long giveUpAt = System.nanoTime() + timeout.toNanos();
    long pause = MIN_VISIBLE_POLL_MILLIS;
    String missing = commit.missing();
    while (missing != null) {
      // In this order: what is complete by then is visible, or never will be.
      TransactionState state = coordinator.describe(timeout).state();
      missing = commit.missing();
      if (missing != null
          && (state != TransactionState.PREPARE_COMMIT || System.nanoTime() > giveUpAt)) {
        throw new JournalException(
            at
                + missing
                + ", and the transaction is "
                + state
                + KafkaFailures.UNMARKED
                + ", or another program has a transaction open there");
      }
      Thread.sleep(pause);
      pause = nextPause(pause);
    }
  }

  /** Between two questions to a coordinator that does not get on. */
  static long nextPause(long millis) {
    return Math.min(2 * millis, MAX_VISIBLE_POLL_MILLIS);
  }
}
