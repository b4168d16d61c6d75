package io.turnstile.bench.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.turnstile.bench.engine.FlinkJob;
import io.turnstile.bench.result.Point;
import io.turnstile.bench.result.RunResult.ScenarioMetric;
import io.turnstile.clients.FlinkRestException;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.OptionalDouble;

/** Reads a Flink job's own metrics while it is measured. Not thread-safe. */
final class JobMetrics {

  private static final String OPERATOR = "turnstile";

  /** For each answer, Flink collects all metrics of the cluster: not every second. */
  private static final int TICKS_BETWEEN = 5;

  private String vertex;
  private int tick;

  /** Counts of decided records by the time in seconds. */
  private Point first;

  private Point last;

  /** Of the pool of connections, if the job has one. */
  private final DoubleSummaryStatistics active = new DoubleSummaryStatistics();

  private final DoubleSummaryStatistics awaited = new DoubleSummaryStatistics();
  private final DoubleSummaryStatistics wait = new DoubleSummaryStatistics();

  /** Reads them now and then, if Flink says them. To be called once a second. */
  void note(FlinkJob job) {
    // Flink answers with what it knows and only then collects anew: every other answer is thrown
    // away, the one a second later is up to date.
    int step = tick++ % TICKS_BETWEEN;
    if (step > 1) {
      return;
    }
    try {
      vertex = vertex == null ? vertex(job) : vertex;
      if (vertex == null) {
        return;
      }
      String metrics = "jobs/%s/vertices/%s/subtasks/metrics".formatted(job.jobId(), vertex);
      OptionalDouble count = job.flink().metric(metrics, "numRecordsIn");
      if (step == 1) {
        noteDecided(count);
        notePool(job, metrics);
      }
    } catch (FlinkRestException e) {
      // Too busy to answer, or dead on purpose.
    }
  }

  private void noteDecided(OptionalDouble count) {
    // A restarted task counts from 0 again.
    if (count.isPresent() && (last == null || count.getAsDouble() >= last.y())) {
      last = new Point(System.nanoTime() / 1e9, count.getAsDouble());
      first = first == null ? last : first;
    }
  }

  private void notePool(FlinkJob job, String metrics) {
    OptionalDouble inUse = job.flink().metric(metrics, OPERATOR + ".jdbcConnectionsActive");
    if (inUse.isEmpty()) {
      return;
    }
    active.accept(inUse.getAsDouble());
    job.flink().metric(metrics, OPERATOR + ".jdbcConnectionsAwaited").ifPresent(awaited);
    job.flink().maximum(metrics, OPERATOR + ".jdbcConnectionWaitMillis_p99").ifPresent(wait);
  }

  private static String vertex(FlinkJob job) {
    for (JsonNode candidate : job.flink().get("jobs/" + job.jobId()).path("vertices")) {
      if (candidate.path("name").asText().contains(OPERATOR)) {
        return candidate.path("id").asText();
      }
    }
    return null;
  }

  /** Records decided, between the first note and the last; null if there are not two. */
  Double processedPerS() {
    return last == null || last.equals(first)
        ? null
        : (last.y() - first.y()) / (last.x() - first.x());
  }

  /** How the pool of connections was used; empty if the job has none. */
  List<ScenarioMetric> pool() {
    return active.getCount() == 0
        ? List.of()
        : List.of(
            new ScenarioMetric("connections in use, mean", active.getAverage(), "", null),
            new ScenarioMetric(
                "lanes that wait for a connection, mean", awaited.getAverage(), "", null),
            new ScenarioMetric("wait for a connection, p99", wait.getMax(), "ms", null));
  }
}
