package io.turnstile.bench.measure;

import com.fasterxml.jackson.databind.JsonNode;
import io.turnstile.bench.result.CheckpointResult;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.FlinkRestException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * Collects a job's completed checkpoints from those that Flink remembers (the last ten, unless
 * configured otherwise): with checkpoints a few milliseconds apart, a sample of them. Thread-safe.
 */
public final class CheckpointLog {

  private static final double MIB = 1 << 20;

  private record Failed(long noticedMillis, long count) {}

  private record Completed(long triggeredMillis, long millis, long bytes, long fullBytes) {}

  /** By trigger time, which is unique also where ids begin anew with another job. */
  private final Map<Long, Completed> completed = new TreeMap<>();

  /** Failures, by when they were noticed. */
  private final List<Failed> failures = new ArrayList<>();

  private String countedJob;
  private long counted;

  /** Notes what is new; nothing if Flink does not answer, as in the midst of a fault. */
  public void collect(FlinkRest flink, String jobId) {
    JsonNode answer;
    try {
      answer = flink.get("jobs/" + jobId + "/checkpoints");
    } catch (FlinkRestException e) {
      return;
    }
    note(jobId, answer, System.currentTimeMillis());
  }

  /**
   * Notes what is new.
   *
   * @param answer of Flink, about the job's checkpoints
   */
  synchronized void note(String jobId, JsonNode answer, long nowMillis) {
    noteFailures(jobId, answer.path("counts").path("failed").asLong(), nowMillis);
    for (JsonNode checkpoint : answer.path("history")) {
      if (checkpoint.path("status").asText().equals("COMPLETED")
          && !checkpoint.path("is_savepoint").asBoolean()) {
        long triggered = checkpoint.path("trigger_timestamp").asLong();
        completed.put(
            triggered,
            new Completed(
                triggered,
                checkpoint.path("end_to_end_duration").asLong(),
                checkpoint.path("checkpointed_size").asLong(),
                checkpoint.path("state_size").asLong()));
      }
    }
  }

  /** Size of the whole state in the newest checkpoint; none if there is no checkpoint yet. */
  public synchronized OptionalLong latestFullBytes() {
    return completed.values().stream().mapToLong(Completed::fullBytes).reduce((old, next) -> next);
  }

  /** Counts begin anew with another job. */
  private void noteFailures(String jobId, long count, long nowMillis) {
    long before = jobId.equals(countedJob) ? counted : 0;
    if (count > before) {
      failures.add(new Failed(nowMillis, count - before));
    }
    countedJob = jobId;
    counted = count;
  }

  /**
   * Checkpoints that failed from an instant on; not those before it, as when a checkpoint is due
   * before all tasks run.
   *
   * @param millis that instant, epoch milliseconds
   */
  public synchronized long failedSince(long millis) {
    return failures.stream()
        .filter(failure -> failure.noticedMillis() >= millis)
        .mapToLong(Failed::count)
        .sum();
  }

  /**
   * Those triggered from the measured part's beginning on.
   *
   * @param measuredFromMillis that beginning, epoch milliseconds
   */
  public synchronized List<CheckpointResult> since(long measuredFromMillis) {
    return completed.values().stream()
        .filter(checkpoint -> checkpoint.triggeredMillis() >= measuredFromMillis)
        .map(
            checkpoint ->
                new CheckpointResult(
                    (checkpoint.triggeredMillis() - measuredFromMillis) / 1000.0,
                    checkpoint.millis(),
                    checkpoint.bytes() / MIB,
                    checkpoint.fullBytes() / MIB))
        .toList();
  }
}
