package io.turnstile.bench.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.turnstile.bench.engine.FlinkJob;
import io.turnstile.clients.FlinkRestException;
import java.util.OptionalDouble;

/** Counts the records that a Flink job decides per second, by its own metrics. Not thread-safe. */
final class ProcessedCounter {

  private static final String OPERATOR = "turnstile";

  /** For each answer, Flink collects all metrics of the cluster: not every second. */
  private static final int TICKS_BETWEEN = 5;

  private String vertex;
  private int tick;
  private double first = Double.NaN;
  private double last;
  private long firstNanos;
  private long lastNanos;

  /**
   * Reads the job's count now and then; nothing if Flink does not say. To be called once a second.
   */
  void note(FlinkJob job) {
    // Flink answers with what it knows and only then collects anew: every other answer is thrown
    // away, the one a second later is up to date.
    boolean collect = tick % TICKS_BETWEEN == 0;
    boolean read = tick % TICKS_BETWEEN == 1;
    tick++;
    if (!collect && !read) {
      return;
    }
    try {
      if (vertex == null) {
        vertex = vertex(job);
      }
      if (vertex == null) {
        return;
      }
      OptionalDouble count =
          job.flink()
              .metric(
                  "jobs/%s/vertices/%s/subtasks/metrics".formatted(job.jobId(), vertex),
                  "numRecordsIn");
      if (collect || count.isEmpty() || count.getAsDouble() < last) {
        // A restarted task counts from 0 again.
        return;
      }
      last = count.getAsDouble();
      lastNanos = System.nanoTime();
      if (Double.isNaN(first)) {
        first = last;
        firstNanos = lastNanos;
      }
    } catch (FlinkRestException e) {
      // Too busy to answer, or dead on purpose.
    }
  }

  private static String vertex(FlinkJob job) {
    for (JsonNode candidate : job.flink().get("jobs/" + job.jobId()).path("vertices")) {
      if (candidate.path("name").asText().contains(OPERATOR)) {
        return candidate.path("id").asText();
      }
    }
    return null;
  }

  /** Between the first note and the last; null if there are not two. */
  Double perSecond() {
    return lastNanos == firstNanos ? null : (last - first) / ((lastNanos - firstNanos) / 1e9);
  }
}
