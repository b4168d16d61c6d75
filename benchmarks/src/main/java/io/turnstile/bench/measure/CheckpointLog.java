package io.turnstile.bench.measure;

import io.turnstile.bench.result.RunResult.CheckpointResult;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.FlinkRest.Checkpoint;
import io.turnstile.clients.FlinkRest.Checkpoints;
import io.turnstile.clients.FlinkRestException;
import java.util.List;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Collects a job's completed checkpoints from those that Flink remembers (the last ten, unless
 * configured otherwise): with checkpoints a few milliseconds apart, a sample of them. Thread-safe.
 */
public final class CheckpointLog {

  private static final double MIB = 1 << 20;

  /** By trigger time, which is unique also where ids begin anew with another job. */
  private final NavigableMap<Long, Checkpoint> completed = new TreeMap<>();

  /** The number of failures, by when they were noticed. */
  private final NavigableMap<Long, Long> failures = new TreeMap<>();

  private String countedJob;
  private long counted;

  /** Notes what is new; nothing if Flink does not answer, as in the midst of a fault. */
  public void collect(FlinkRest flink, String jobId) {
    try {
      note(jobId, flink.checkpoints(jobId), System.currentTimeMillis());
    } catch (FlinkRestException e) {
      // The next answer has what this one would have had, most likely.
    }
  }

  synchronized void note(String jobId, Checkpoints answer, long nowMillis) {
    // Counts begin anew with another job.
    long before = jobId.equals(countedJob) ? counted : 0;
    countedJob = jobId;
    counted = answer.failed();
    failures.merge(nowMillis, Math.max(0, counted - before), Long::sum);
    answer.remembered().stream()
        .filter(checkpoint -> !checkpoint.savepoint())
        .forEach(checkpoint -> completed.put(checkpoint.triggered().toEpochMilli(), checkpoint));
  }

  /** Size of the whole state in the newest checkpoint; none if there is no checkpoint yet. */
  public synchronized OptionalLong latestFullBytes() {
    return completed.values().stream()
        .mapToLong(Checkpoint::stateBytes)
        .reduce((old, next) -> next);
  }

  /** Failures from an instant on, in epoch milliseconds; some fail before all tasks run. */
  public synchronized long failedSince(long millis) {
    return failures.tailMap(millis).values().stream().mapToLong(Long::longValue).sum();
  }

  /** Those triggered from the measured part's beginning on, given in epoch milliseconds. */
  public synchronized List<CheckpointResult> since(long measuredFromMillis) {
    return completed.tailMap(measuredFromMillis).values().stream()
        .map(
            checkpoint ->
                new CheckpointResult(
                    (checkpoint.triggered().toEpochMilli() - measuredFromMillis) / 1000.0,
                    checkpoint.duration().toMillis(),
                    checkpoint.writtenBytes() / MIB,
                    checkpoint.stateBytes() / MIB))
        .toList();
  }
}
