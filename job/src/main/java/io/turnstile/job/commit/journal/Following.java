package io.turnstile.job.commit.journal;

import io.turnstile.job.decide.AcceptanceSink;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.apache.flink.util.function.ThrowingRunnable;

/**
 * Reads what another job commits to the lanes of a subtask, each in its own thread, until this job
 * takes over. Only the task thread learns of it and writes state: it is handed the verdicts through
 * a bounded queue. Methods are for that thread.
 */
final class Following {

  private static final int CHUNK = 1_000;
  private static final int MAX_CHUNKS = 64;

  /**
   * A message of a lane's thread to the task thread.
   *
   * @param caughtUp all that was committed at the start is read
   * @param ended with the last message of a lane
   * @param failure ends the attempt; else null
   */
  private record Report(
      LaneThread lane,
      List<JournalEntry> entries,
      boolean caughtUp,
      boolean ended,
      Throwable failure) {}

  private final List<LaneThread> lanes;
  private final AcceptanceSink<Exception> sink;
  private final LaneThread.Task task;
  private final ThrowingRunnable<Exception> learned;
  private final BlockingQueue<Report> reports = new ArrayBlockingQueue<>(MAX_CHUNKS);

  /** Lanes that have not read all that was committed at the start. */
  private int behind;

  /** Lanes that are being read. */
  private int running;

  private volatile boolean enough;

  /**
   * @param sink gets what is accepted
   * @param learned called after more was learned, once it has {@linkplain #awaitCaughtUp caught up}
   */
  Following(
      List<LaneThread> lanes,
      AcceptanceSink<Exception> sink,
      LaneThread.Task task,
      ThrowingRunnable<Exception> learned) {
    this.lanes = lanes;
    this.sink = sink;
    this.task = task;
    this.learned = learned;
  }

  /**
   * Begins.
   *
   * @param restored lanes in the checkpoint, by number
   */
  void start(Map<Integer, LaneCheckpoint> restored) throws Exception {
    for (LaneThread thread : lanes) {
      Lane lane = thread.lane();
      try {
        lane.beginFollowing(restored.get(lane.number()), lane.journal().givenStart());
      } catch (JournalException e) {
        throw thread.failure(e);
      }
    }
    behind = lanes.size();
    running = lanes.size();
    for (LaneThread thread : lanes) {
      thread.execute(() -> follow(thread));
    }
  }

  /** In the lane's thread. */
  private void follow(LaneThread thread) {
    try {
      try {
        LaneReader reader = new LaneReader(thread);
        thread.lane().follow(reader);
        report(new Report(thread, List.of(), false, true, null));
      } catch (JournalException | RuntimeException | Error e) {
        report(new Report(thread, List.of(), false, true, e));
      }
    } catch (InterruptedException e) {
      // The task is being closed: nobody takes reports any more.
      Thread.currentThread().interrupt();
    }
  }

  private void report(Report report) throws InterruptedException {
    reports.put(report);
    task.mail(this::takeReports);
  }

  /** Collects what is read in one lane. */
  private final class LaneReader implements LaneTakeOver.Follower {
    private final LaneThread thread;
    private List<JournalEntry> chunk = new ArrayList<>();
    private boolean caughtUp;

    LaneReader(LaneThread thread) {
      this.thread = thread;
    }

    @Override
    public boolean goesOn() {
      return !enough;
    }

    @Override
    public void add(JournalEntry entry) throws InterruptedException {
      chunk.add(entry);
      if (chunk.size() == CHUNK) {
        handOver(false);
      }
    }

    @Override
    public void endOfBatch(boolean hasCaughtUp) throws InterruptedException {
      boolean news = hasCaughtUp && !caughtUp;
      caughtUp |= hasCaughtUp;
      if (news || !chunk.isEmpty()) {
        handOver(news);
      }
    }

    private void handOver(boolean justCaughtUp) throws InterruptedException {
      report(new Report(thread, chunk, justCaughtUp, false, null));
      chunk = new ArrayList<>();
    }
  }

  /** Waits until all that was committed at the start is learned. */
  void awaitCaughtUp() throws Exception {
    while (behind > 0) {
      take(reports.take());
    }
  }

  /** A mail: some of them find nothing, for whoever waits takes reports without. */
  private void takeReports() throws Exception {
    boolean any = false;
    for (Report report = reports.poll(); report != null; report = reports.poll()) {
      take(report);
      any = true;
    }
    if (any) {
      learned.run();
    }
  }

  private void take(Report report) throws Exception {
    if (report.failure() != null) {
      throw report.lane().failure(report.failure());
    }
    try {
      for (JournalEntry entry : report.entries()) {
        report.lane().lane().learn(entry, sink);
      }
    } catch (JournalException e) {
      throw report.lane().failure(e);
    }
    behind -= report.caughtUp() ? 1 : 0;
    running -= report.ended() ? 1 : 0;
  }

  /** Ends the reading, and learns the last of it. */
  void stop() throws Exception {
    enough = true;
    while (running > 0) {
      take(reports.take());
    }
  }
}
