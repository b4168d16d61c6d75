package io.turnstile.clients;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How long after a fault a job that restarted had come how far, as far as Flink tells.
 *
 * @param stages those that are known, in their order
 */
public record RecoveryTimeline(Map<Stage, Duration> stages) {

  /**
   * What a restart consists of. {@link #RESTORED} to {@link #REFERENCES_READ} are told by the job's
   * own operators, the others by Flink.
   */
  public enum Stage {
    /** The JobManager knows of the failure. */
    NOTICED,
    /** The JobManager has decided to restart; it cancels what still runs only then. */
    RESTARTING,
    /** Every task has a slot, and its code is there. */
    DEPLOYED,
    /** The turnstile has its state again. */
    RESTORED,
    /** No earlier owner of a lane can commit any more. */
    FENCED,
    /** The verdicts committed since the checkpoint are known. */
    TAIL_READ,
    /** The reference topics were read to their ends. */
    REFERENCES_READ,
    /** Every task processes. */
    RUNNING;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  private static final Pattern TOLD =
      Pattern.compile(".*\\.(restored|fenced|tailRead|referencesRead)AtMillis");

  public RecoveryTimeline {
    stages = Collections.unmodifiableMap(new EnumMap<>(stages));
  }

  /**
   * Asks Flink about the last recovery, which is over: a stage that some subtask has not reached is
   * left out. Metrics are as old as Flink's {@code metrics.fetcher.update-interval}.
   *
   * @param fault when it happened, by the clock of Flink's machines; what was before is left out
   * @throws FlinkRestException if Flink does not answer
   */
  public static RecoveryTimeline read(FlinkRest flink, String jobId, Instant fault) {
    Times times = new Times(fault);
    flink.failures(jobId).stream()
        .map(FlinkRest.Failure::time)
        .filter(time -> !time.isBefore(fault))
        .min(Comparator.naturalOrder())
        .ifPresent(time -> times.add(Stage.NOTICED, time.toEpochMilli()));
    JsonNode job = flink.get("jobs/" + jobId);
    times.add(Stage.RESTARTING, job.path("timestamps").path("RESTARTING").asLong());
    for (JsonNode vertex : job.path("vertices")) {
      String path = "jobs/" + jobId + "/vertices/" + vertex.path("id").asText();
      for (JsonNode subtask : flink.get(path + "/subtasktimes").path("subtasks")) {
        JsonNode reached = subtask.path("timestamps");
        times.addOfSubtask(Stage.DEPLOYED, reached.path("INITIALIZING").asLong());
        times.addOfSubtask(Stage.RUNNING, reached.path("RUNNING").asLong());
      }
      addTold(flink, path + "/subtasks/metrics", times);
    }
    times.stages.keySet().removeAll(times.notReached);
    return new RecoveryTimeline(times.stages);
  }

  /** The stages by name, in their order, in seconds. */
  public Map<String, Double> seconds() {
    Map<String, Double> seconds = new LinkedHashMap<>();
    stages.forEach((stage, after) -> seconds.put(stage.toString(), after.toMillis() / 1000.0));
    return seconds;
  }

  private static void addTold(FlinkRest flink, String path, Times times) {
    List<String> names = new ArrayList<>();
    for (JsonNode metric : flink.get(path)) {
      String name = metric.path("id").asText();
      if (TOLD.matcher(name).matches()) {
        names.add(name);
      }
    }
    if (names.isEmpty()) {
      return;
    }
    for (JsonNode metric : flink.get(path + "?agg=max&get=" + String.join(",", names))) {
      Matcher told = TOLD.matcher(metric.path("id").asText());
      if (told.matches()) {
        times.add(stage(told.group(1)), metric.path("max").asLong());
      }
    }
  }

  private static Stage stage(String told) {
    return switch (told) {
      case "restored" -> Stage.RESTORED;
      case "fenced" -> Stage.FENCED;
      case "tailRead" -> Stage.TAIL_READ;
      default -> Stage.REFERENCES_READ;
    };
  }

  /** The latest time counts: a stage is reached when all have reached it. */
  private static final class Times {
    private final Instant fault;
    private final Map<Stage, Duration> stages = new EnumMap<>(Stage.class);
    private final Set<Stage> notReached = EnumSet.noneOf(Stage.class);

    Times(Instant fault) {
      this.fault = fault;
    }

    /** Flink's time of a state that the subtask has not reached is not positive. */
    void addOfSubtask(Stage stage, long epochMillis) {
      if (epochMillis > 0) {
        add(stage, epochMillis);
      } else {
        notReached.add(stage);
      }
    }

    void add(Stage stage, long epochMillis) {
      Duration after = Duration.between(fault, Instant.ofEpochMilli(epochMillis));
      if (!after.isNegative()) {
        stages.merge(stage, after, (one, other) -> one.compareTo(other) > 0 ? one : other);
      }
    }
  }
}
