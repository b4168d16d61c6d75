package io.turnstile.job.commit.journal;

import io.turnstile.job.decide.AcceptanceSink;
import io.turnstile.job.decide.RecoveredAcceptance;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Semaphore;

/**
 * Takes over all lanes of a subtask, each in its own thread. Only the task thread writes state: it
 * is handed the acceptances through a bounded queue.
 */
final class ParallelTakeOver {

  private static final int CHUNK = 1_000;
  private static final int MAX_CHUNKS = 64;

  /**
   * A message of a lane's thread to the task thread.
   *
   * @param verdicts how many were read, with the last message of a lane; else null
   * @param failure ends the take-over; else null
   */
  private record Report(
      LaneThread lane, List<RecoveredAcceptance> acceptances, Long verdicts, Throwable failure) {}

  private final List<LaneThread> lanes;
  private final Map<Integer, LaneCheckpoint> restored;
  private final BlockingQueue<Report> reports = new ArrayBlockingQueue<>(MAX_CHUNKS);
  private final Semaphore atOnce = new Semaphore(Journal.MAX_TAKE_OVERS_AT_ONCE);

  /**
   * @param restored lanes in the checkpoint, by number
   */
  ParallelTakeOver(List<LaneThread> lanes, Map<Integer, LaneCheckpoint> restored) {
    this.lanes = lanes;
    this.restored = restored;
  }

  /**
   * Takes over; for the task thread.
   *
   * @param sink gets what was accepted since the checkpoint
   * @return how many verdicts were read
   */
  long run(AcceptanceSink<Exception> sink) throws Exception {
    for (LaneThread lane : lanes) {
      lane.execute(() -> takeOver(lane));
    }
    long verdicts = 0;
    for (int left = lanes.size(); left > 0; ) {
      Report report = reports.take();
      if (report.failure() != null) {
        throw report.lane().failure(report.failure());
      }
      for (RecoveredAcceptance acceptance : report.acceptances()) {
        sink.accept(acceptance);
      }
      if (report.verdicts() != null) {
        verdicts += report.verdicts();
        left--;
      }
    }
    return verdicts;
  }

  /** In the lane's thread. */
  private void takeOver(LaneThread thread) {
    try {
      atOnce.acquire();
      try {
        Lane lane = thread.lane();
        List<RecoveredAcceptance> chunk = new ArrayList<>();
        long verdicts =
            lane.takeOver(
                restored.get(lane.number()),
                lane.journal().givenStart(),
                acceptance -> {
                  chunk.add(acceptance);
                  if (chunk.size() == CHUNK) {
                    reports.put(new Report(thread, List.copyOf(chunk), null, null));
                    chunk.clear();
                  }
                });
        reports.put(new Report(thread, chunk, verdicts, null));
      } catch (JournalException | RuntimeException | Error e) {
        reports.put(new Report(thread, List.of(), null, e));
      } finally {
        atOnce.release();
      }
    } catch (InterruptedException e) {
      // The task is being closed: nobody takes from the queue any more.
      Thread.currentThread().interrupt();
    }
  }
}
