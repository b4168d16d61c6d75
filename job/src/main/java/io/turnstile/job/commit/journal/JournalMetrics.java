package io.turnstile.job.commit.journal;

import io.turnstile.job.commit.CommittedLatency;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Histogram;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.runtime.metrics.DescriptiveStatisticsHistogram;

/** Counts what a {@link JournalCommit} does; of a subtask, over its lanes. */
final class JournalMetrics {

  private static final int COMMIT_TIME_WINDOW = 1_000;

  /**
   * Of all attempts that this TaskManager has made: a failed commit ends the attempt, and its own
   * counter would go with it before anybody has read it.
   */
  private static final AtomicLong COMMIT_FAILURES = new AtomicLong();

  private final Counter commits;
  private final Histogram commitMillis;
  private final Counter suppressed;
  private final CommittedLatency latency;
  private boolean commitFailed;
  private volatile long takeOverMillis;
  private volatile long takeOverVerdicts;
  private volatile long tailReadAtMillis;
  private final AtomicLong fencedAtMillis = new AtomicLong();

  /**
   * @param lanes of the subtask; may be filled later
   */
  JournalMetrics(MetricGroup group, List<LaneThread> lanes) {
    commits = group.counter("commits");
    commitMillis =
        group.histogram("commitMillis", new DescriptiveStatisticsHistogram(COMMIT_TIME_WINDOW));
    suppressed = group.counter("suppressedInputs");
    latency = new CommittedLatency(group);
    group.gauge("commitFailures", COMMIT_FAILURES::get);
    group.gauge("takeOverMillis", () -> takeOverMillis);
    group.gauge("takeOverVerdicts", () -> takeOverVerdicts);
    group.gauge("fencedAtMillis", fencedAtMillis::get);
    group.gauge("tailReadAtMillis", () -> tailReadAtMillis);
    sum(group, "uncommittedVerdicts", lanes, Lane::pending);
    sum(group, "heldBytes", lanes, Lane::heldBytes);
    sum(group, "commitsInFlight", lanes, lane -> lane.isCommitting() ? 1 : 0);
    sum(group, "decidedAhead", lanes, Lane::decidedAhead);
  }

  private static void sum(
      MetricGroup group, String name, List<LaneThread> lanes, ToLongFunction<Lane> ofLane) {
    group.gauge(name, () -> lanes.stream().map(LaneThread::lane).mapToLong(ofLane).sum());
  }

  /**
   * A lane is fenced; for its thread. The last one counts.
   *
   * @param atMillis epoch milliseconds
   */
  void fenced(long atMillis) {
    fencedAtMillis.accumulateAndGet(atMillis, Math::max);
  }

  /** All lanes are taken over, at a time in epoch milliseconds. */
  void tookOver(long atMillis, long millis, long verdicts) {
    tailReadAtMillis = atMillis;
    takeOverMillis = millis;
    takeOverVerdicts = verdicts;
  }

  void committed(long millis) {
    commits.inc();
    commitMillis.update(millis);
  }

  /** Counts once for the attempt that it ends, however often it comes to light. */
  void commitFailed() {
    if (!commitFailed) {
      commitFailed = true;
      COMMIT_FAILURES.incrementAndGet();
    }
  }

  CommittedLatency latency() {
    return latency;
  }

  void suppressed() {
    suppressed.inc();
  }
}
