package io.turnstile.job.commit.journal;

import io.turnstile.clients.Generation;
import io.turnstile.job.commit.PendingLatencies;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.failure.PermanentFailure;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.operators.ProcessingTimeService;
import org.apache.flink.util.function.ThrowingRunnable;

/**
 * A {@link Lane} with its timer, and the thread that takes it over and commits it. All methods are
 * for the task thread, unless they say otherwise; that thread alone touches the fields.
 */
final class LaneThread {

  private static final long CLOSE_TIMEOUT_MILLIS = 5_000;

  /** Whoever has fenced this owner makes himself known well within that. */
  private static final Duration SUCCESSOR_TIMEOUT = Duration.ofSeconds(2);

  private static final long SUCCESSOR_POLL_MILLIS = 50;

  /** The task that the lane belongs to, and what its lanes share. */
  interface Task {

    /** Runs an action in the task thread; drops it if the task ends. From any thread. */
    void mail(ThrowingRunnable<Exception> action);

    /** Makes the next {@link #checkLanes} look at a lane. From any thread. */
    void failed(LaneThread lane);

    /** Throws the failure of the lane that has failed, if one has. */
    void checkLanes() throws Exception;

    ProcessingTimeService time();

    CommitInterval interval();

    JournalMetrics metrics();
  }

  private final Task task;
  private final Lane lane;
  private final Generation generation;
  private final ExecutorService thread;
  private final PendingLatencies pending;

  /** The commit in flight; null if there is none. */
  private Future<LanePosition> commit;

  /** The newest commit's begin, epoch milliseconds. */
  private long commitBegan = Long.MIN_VALUE;

  private long commitBeganNanos;

  /** The batch of {@link #pending} that the commit in flight is of. */
  private long committingBatch;

  /** The latest append time among the inputs whose verdicts wait for the next commit. */
  private long newestInput = Long.MIN_VALUE;

  private boolean timerSet;

  /**
   * @param generation of the job; null if it has none
   * @param name of the thread
   */
  LaneThread(
      Journal journal, int number, int lanes, Generation generation, String name, Task task) {
    this.task = task;
    this.generation = generation;
    lane =
        new Lane(
            number,
            lanes,
            journal.identity(),
            journal.lane(number, this::failedInBackground),
            generation);
    lane.onFenced(() -> task.metrics().fenced(task.time().getCurrentProcessingTime()));
    pending = new PendingLatencies(task.metrics().latency());
    thread =
        Executors.newSingleThreadExecutor(
            work -> {
              Thread made = new Thread(work, name);
              made.setDaemon(true);
              return made;
            });
  }

  Lane lane() {
    return lane;
  }

  /** Runs an action in the lane's thread. */
  void execute(Runnable action) {
    thread.execute(action);
  }

  /** Writes a verdict, and sees to its commit. */
  void write(Verdict verdict) throws Exception {
    try {
      lane.write(verdict);
    } catch (JournalException e) {
      throw commitFailure(e);
    }
    newestInput = Math.max(newestInput, verdict.receivedAt());
    pending.add(verdict.receivedAt());
    scheduleCommit();
  }

  private void scheduleCommit() {
    if (!timerSet && !lane.isCommitting() && !lane.isSettled()) {
      timerSet = true;
      ScheduledFuture<?> unused =
          task.time().registerTimer(nextCommit(), timestamp -> commitIfDue());
    }
  }

  private long nextCommit() {
    return task.interval().nextCommit(now(), commitBegan, newestInput);
  }

  private long now() {
    return task.time().getCurrentProcessingTime();
  }

  private void commitIfDue() throws Exception {
    timerSet = false;
    task.checkLanes();
    if (nextCommit() > now()) {
      // A backlog showed since the timer was set.
      scheduleCommit();
    } else if (!lane.isCommitting()) {
      beginCommit();
    }
  }

  /** Begins to commit what is written, if anything is. */
  void beginCommit() {
    if (!lane.beginCommit()) {
      return;
    }
    committingBatch = pending.close();
    commitBegan = now();
    commitBeganNanos = System.nanoTime();
    newestInput = Long.MIN_VALUE;
    FutureTask<LanePosition> begun =
        new FutureTask<>(this::commit) {
          @Override
          protected void done() {
            task.mail(() -> endCommit(this));
          }
        };
    commit = begun;
    thread.execute(begun);
  }

  /** In the lane's thread. */
  private LanePosition commit() throws JournalException, InterruptedException {
    try {
      return lane.commit();
    } catch (JournalException | InterruptedException | RuntimeException e) {
      task.failed(this);
      throw e;
    }
  }

  /** Does nothing if that commit was waited for, and its end seen to, before this mail came. */
  private void endCommit(Future<LanePosition> ended) throws Exception {
    if (commit == ended) {
      awaitCommit();
      if (!timerSet && !lane.isSettled()) {
        // The next one at once if it is due: a timer would be a millisecond late.
        commitIfDue();
      }
    }
  }

  /** Waits for the commit in flight, if there is one, and opens the next transaction. */
  void awaitCommit() throws Exception {
    if (commit == null) {
      return;
    }
    try {
      LanePosition end = commit.get();
      commit = null;
      lane.endCommit(end);
      task.metrics().committed(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - commitBeganNanos));
      pending.committed(committingBatch, now());
    } catch (ExecutionException e) {
      throw commitFailure(e.getCause());
    } catch (CancellationException e) {
      throw failure(e);
    } catch (JournalException e) {
      throw commitFailure(e);
    }
  }

  /** Begins to wait until readers see what is committed; {@link #awaitVisible} ends it. */
  Future<Void> beginAwaitVisible() {
    return thread.submit(
        () -> {
          lane.awaitVisible();
          return null;
        });
  }

  void awaitVisible(Future<Void> visible) throws Exception {
    try {
      visible.get();
    } catch (ExecutionException e) {
      throw commitFailure(e.getCause());
    }
  }

  /** From any thread: the task fails now, also if no input ever comes. */
  private void failedInBackground() {
    task.failed(this);
    task.mail(task::checkLanes);
  }

  /** Throws the failure of the lane, which has failed in the background or in a commit. */
  void check() throws Exception {
    try {
      lane.journal().check();
    } catch (JournalException e) {
      throw commitFailure(e);
    }
    awaitCommit();
  }

  /** Verdicts were written and can no longer be committed. */
  private Exception commitFailure(Throwable e) throws InterruptedException {
    task.metrics().commitFailed();
    return failure(e);
  }

  /** Fails the lane, and makes the exception that fails the task. */
  Exception failure(Throwable e) throws InterruptedException {
    lane.fail();
    if (e instanceof JournalException known) {
      return taskFailure(diagnose(known));
    }
    return new IllegalStateException("lane " + lane.number() + " failed", e);
  }

  /**
   * A job with a generation gives up for a greater one alone, and then at once: a restart would
   * take the processors away from its successor, just when that begins.
   */
  private JournalException diagnose(JournalException failure) throws InterruptedException {
    if (generation == null) {
      return lane.journal().diagnose(failure);
    }
    if (!(failure instanceof JournalException.Fenced)) {
      return failure;
    }
    long giveUpAt = System.nanoTime() + SUCCESSOR_TIMEOUT.toNanos();
    try {
      while (System.nanoTime() < giveUpAt) {
        Optional<Generation> owner = lane.journal().owner();
        if (owner.isPresent() && generation.yieldsTo(owner.get())) {
          return JournalException.Refused.superseded(
              "lane " + lane.number() + ": ", generation, owner.get());
        }
        Thread.sleep(SUCCESSOR_POLL_MILLIS);
      }
    } catch (JournalException unknown) {
      failure.addSuppressed(unknown);
    }
    return failure;
  }

  /** The exception that fails the task, and ends the job if no restart helps. */
  static Exception taskFailure(JournalException e) {
    return e instanceof JournalException.Refused ? PermanentFailure.of(e) : e;
  }

  /** Gives up the lane at once; {@link #awaitEnd} waits for the thread. */
  void close() {
    // First the connection: that ends what the thread is waiting for.
    lane.close();
    thread.shutdownNow();
  }

  void awaitEnd() throws InterruptedException {
    boolean unused = thread.awaitTermination(CLOSE_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
  }
}
