package io.turnstile.job.commit.journal;

import io.turnstile.job.decide.AcceptanceSink;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.apache.flink.util.function.ThrowingRunnable;

/**
 * Reads what another job commits to the lanes of a subtask, all of them in one thread, until this
 * job takes over. Only the task thread learns of it and writes state: it is handed the verdicts
 * through a bounded queue. Methods are for that thread.
 */
final class Following {

  private static final int CHUNK = 1_000;
  private static final int MAX_CHUNKS = 64;

  /** A verdict that was read. */
  private record Found(int lane, JournalEntry entry) {}

  /**
   * A message of the reading thread to the task thread.
   *
   * @param caughtUp all that was committed at the start is read
   * @param reached with the last message, where each lane is read up to; else null
   * @param failure ends the attempt; else null
   */
  private record Report(
      List<Found> found, boolean caughtUp, Map<Integer, LanePosition> reached, Throwable failure) {}

  private final Journal journal;
  private final Map<Integer, LaneThread> lanes = new LinkedHashMap<>();

  /** The one whose thread reads. */
  private final LaneThread first;

  private final AcceptanceSink<Exception> sink;
  private final LaneThread.Task task;
  private final ThrowingRunnable<Exception> learned;
  private final BlockingQueue<Report> reports = new ArrayBlockingQueue<>(MAX_CHUNKS);

  /** Not all that was committed at the start is learned. */
  private boolean behind = true;

  private boolean running = true;
  private volatile boolean enough;

  /**
   * @param lanes of the subtask, at least one
   * @param sink gets what is accepted
   * @param learned called after more was learned, once it has {@linkplain #awaitCaughtUp caught up}
   */
  Following(
      Journal journal,
      List<LaneThread> lanes,
      AcceptanceSink<Exception> sink,
      LaneThread.Task task,
      ThrowingRunnable<Exception> learned) {
    this.journal = journal;
    lanes.forEach(each -> this.lanes.put(each.lane().number(), each));
    first = lanes.get(0);
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
    Map<Integer, Future<LaneRange>> begun = new LinkedHashMap<>();
    lanes.forEach(
        (number, thread) -> {
          Lane lane = thread.lane();
          FutureTask<LaneRange> beginning =
              new FutureTask<>(
                  () -> lane.beginFollowing(restored.get(number), lane.journal().givenStart()));
          begun.put(number, beginning);
          thread.execute(beginning);
        });
    Map<Integer, LaneRange> ranges = new HashMap<>();
    for (Map.Entry<Integer, Future<LaneRange>> each : begun.entrySet()) {
      try {
        ranges.put(each.getKey(), each.getValue().get());
      } catch (ExecutionException e) {
        throw lanes.get(each.getKey()).failure(e.getCause());
      }
    }
    first.execute(() -> follow(ranges));
  }

  /** In the reading thread. */
  private void follow(Map<Integer, LaneRange> ranges) {
    try {
      try {
        report(new Report(List.of(), false, journal.follow(ranges, new Reader()), null));
      } catch (JournalException | RuntimeException | Error e) {
        report(new Report(List.of(), false, null, e));
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

  /** Collects what is read. */
  private final class Reader implements Journal.Follower {
    private List<Found> chunk = new ArrayList<>();
    private boolean caughtUp;

    @Override
    public boolean goesOn() {
      return !enough;
    }

    @Override
    public void read(int lane, JournalEntry entry) throws InterruptedException {
      chunk.add(new Found(lane, entry));
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
      report(new Report(chunk, justCaughtUp, null, null));
      chunk = new ArrayList<>();
    }
  }

  /** Waits until all that was committed at the start is learned. */
  void awaitCaughtUp() throws Exception {
    while (behind) {
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
      throw first.failure(report.failure());
    }
    for (Found found : report.found()) {
      LaneThread thread = lanes.get(found.lane());
      try {
        thread.lane().learn(found.entry(), sink);
      } catch (JournalException e) {
        throw thread.failure(e);
      }
    }
    if (report.caughtUp()) {
      behind = false;
    }
    if (report.reached() != null) {
      running = false;
      report.reached().forEach((number, position) -> lane(number).followedTo(position));
    }
  }

  private Lane lane(int number) {
    return lanes.get(number).lane();
  }

  /** Ends the reading, and learns the last of it. */
  void stop() throws Exception {
    enough = true;
    while (running) {
      take(reports.take());
    }
  }
}
