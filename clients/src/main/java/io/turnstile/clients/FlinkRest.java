package io.turnstile.clients;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A client for Flink's REST API, of any cluster. Thread-safe.
 *
 * <p>Every method throws {@link FlinkRestException} when Flink cannot be reached or refuses, its
 * message one line with the reason Flink gave.
 */
public final class FlinkRest {

  private final FlinkHttp http;

  /**
   * A job as Flink lists it.
   *
   * @param state Flink's name for it: {@code RUNNING}, {@code RESTARTING}, {@code FAILED}, …
   */
  public record Job(String id, String name, String state, Instant started) {

    /** True if the job is over: finished, canceled or failed. */
    public boolean isTerminal() {
      return FlinkRest.isTerminal(state);
    }
  }

  /** A registered TaskManager. */
  public record TaskManager(String id, int slots, int freeSlots) {}

  /**
   * A completed checkpoint or savepoint.
   *
   * @param duration from its trigger to the last acknowledgement
   * @param stateBytes size of all state in it
   * @param writtenBytes bytes that this one wrote; less than its state when checkpoints are
   *     incremental
   * @param path its address, to restore from
   */
  public record Checkpoint(
      long id,
      boolean savepoint,
      Instant triggered,
      Duration duration,
      long stateBytes,
      long writtenBytes,
      String path) {}

  /**
   * The checkpoints of a job so far.
   *
   * @param remembered the completed ones of the last few, savepoints included
   * @param latest the newest completed one that is not a savepoint
   * @param restoredFrom path of the one that was last restored
   * @param latestFailure the reason why the newest failed one failed
   */
  public record Checkpoints(
      long completed,
      long failed,
      int inProgress,
      long restored,
      List<Checkpoint> remembered,
      Optional<Checkpoint> latest,
      Optional<String> restoredFrom,
      Optional<String> latestFailure) {}

  /**
   * A failure that made a job restart or fail.
   *
   * @param task the task that failed; none for a failure of the job as a whole
   * @param message the innermost cause's message, one line
   */
  public record Failure(Instant time, Optional<String> task, String message, String stackTrace) {}

  /** A client without a login. */
  public FlinkRest(URI uri) {
    this(uri, FlinkAccess.OPEN);
  }

  /** A client; the address may have a path prefix, and has no user or password. */
  public FlinkRest(URI uri, FlinkAccess access) {
    this.http = new FlinkHttp(uri, access);
  }

  public URI uri() {
    return http.uri();
  }

  /** Flink's version; a way to see whether it answers. */
  public String version() {
    return get("config").path("flink-version").asText();
  }

  /** True if Flink answers. */
  public boolean isUp() {
    try {
      version();
      return true;
    } catch (FlinkRestException e) {
      return false;
    }
  }

  public List<TaskManager> taskManagers() {
    return FlinkHttp.stream(get("taskmanagers").path("taskmanagers"))
        .map(
            node ->
                new TaskManager(
                    node.path("id").asText(),
                    node.path("slotsNumber").asInt(),
                    node.path("freeSlots").asInt()))
        .toList();
  }

  /**
   * True if the TaskManager has registered and then reported its slots. A JobManager that has just
   * started may answer, and not know its TaskManagers yet.
   */
  public boolean isRegistered(String taskManagerId) {
    try {
      return taskManagers().stream()
          .anyMatch(each -> each.id().equals(taskManagerId) && each.slots() > 0);
    } catch (FlinkRestException e) {
      return false;
    }
  }

  /** All jobs that Flink remembers, newest first. */
  public List<Job> jobs() {
    return FlinkHttp.stream(get("jobs/overview").path("jobs"))
        .map(FlinkRest::job)
        .sorted(Comparator.comparing(Job::started).reversed())
        .toList();
  }

  public Job job(String jobId) {
    return job(get("jobs/" + jobId));
  }

  /**
   * True if the job is over. Unlike {@link #job}, it costs the cluster next to nothing: for a job's
   * details, the JobManager has all TaskManagers send all metrics.
   */
  public boolean isOver(String jobId) {
    return isTerminal(get("jobs/" + jobId + "/status").path("status").asText());
  }

  private static boolean isTerminal(String state) {
    return switch (state) {
      case "FINISHED", "CANCELED", "FAILED" -> true;
      default -> false;
    };
  }

  private static Job job(JsonNode node) {
    return new Job(
        node.path("jid").asText(),
        node.path("name").asText(),
        node.path("state").asText(),
        Instant.ofEpochMilli(node.path("start-time").asLong()));
  }

  /**
   * Uploads the JAR, runs its main method in the JobManager, and deletes the upload.
   *
   * @return the job's id; the job may not run yet
   * @throws JobRejectedException with the job's own message when its main method threw
   */
  public String submit(JobSubmission submission) {
    return new FlinkSubmission(http).submit(submission);
  }

  /**
   * The number of slots that a job would take, whose operators share them: its greatest
   * parallelism, wherever it comes from. Runs its main method in the JobManager as {@link #submit}
   * does, and no job.
   *
   * @throws JobRejectedException with the job's own message when its main method threw
   */
  public int slots(JobSubmission submission) {
    return new FlinkSubmission(http).slots(submission);
  }

  /** Asks the job to cancel; does not wait. */
  public void cancel(String jobId) {
    http.patch("jobs/" + jobId + "?mode=cancel");
  }

  /**
   * Takes a savepoint into the cluster's default savepoint directory, after which the job ends;
   * waits for both.
   *
   * @return the savepoint's path
   * @throws FlinkRestException that names the path, too, if the savepoint is taken and the job is
   *     not over in time
   */
  public String stopWithSavepoint(String jobId, Duration timeout) {
    String path = new FlinkSnapshots(http).stopWithSavepoint(jobId, timeout);
    try {
      awaitTerminal(jobId, timeout);
    } catch (FlinkRestException e) {
      throw new FlinkRestException("the savepoint is " + path + ", but " + e.getMessage(), e);
    }
    return path;
  }

  /**
   * Takes a savepoint into the cluster's default savepoint directory and waits for it.
   *
   * @return the savepoint's path
   */
  public String savepoint(String jobId, Duration timeout) {
    return new FlinkSnapshots(http).savepoint(jobId, FlinkSnapshots.CANONICAL, timeout);
  }

  /**
   * The same in the format of the job's state backend: sooner taken and restored, and not for
   * another state backend.
   */
  public String nativeSavepoint(String jobId, Duration timeout) {
    return new FlinkSnapshots(http).savepoint(jobId, FlinkSnapshots.NATIVE, timeout);
  }

  /** Takes a checkpoint now, waits for it and returns its id. */
  public long checkpoint(String jobId, Duration timeout) {
    return new FlinkSnapshots(http).checkpoint(jobId, timeout);
  }

  /**
   * Waits until the job and every one of its tasks runs; fails as soon as the job is over.
   *
   * <p>Flink's account of a job may be as old as its {@code web.refresh-interval}, by default 3 s:
   * right after a fault, tasks that are gone still seem to run.
   */
  public void awaitRunning(String jobId, Duration timeout) {
    Await.until(
        timeout,
        () -> {
          JsonNode details = get("jobs/" + jobId);
          if (job(details).isTerminal()) {
            throw new FlinkRestException(
                0, "job is " + job(details).state() + FlinkOptions.cause(this, jobId));
          }
          return details.path("state").asText().equals("RUNNING")
              && !details.path("vertices").isEmpty()
              && FlinkHttp.stream(details.path("vertices"))
                  .allMatch(
                      vertex ->
                          vertex.path("tasks").path("RUNNING").asInt()
                                  + vertex.path("tasks").path("FINISHED").asInt()
                              == vertex.path("parallelism").asInt());
        },
        () ->
            new FlinkRestException(
                0,
                "tasks not all running within %d s, job is %s%s"
                    .formatted(
                        timeout.toSeconds(), job(jobId).state(), FlinkOptions.cause(this, jobId))));
  }

  /** Waits until the job is over and returns how it ended. */
  public Job awaitTerminal(String jobId, Duration timeout) {
    Await.until(
        timeout,
        () -> job(jobId).isTerminal(),
        () ->
            new FlinkRestException(
                0,
                "job %s is not over within %d s, it is %s"
                    .formatted(jobId, timeout.toSeconds(), job(jobId).state())));
    return job(jobId);
  }

  /**
   * The number of restarts since the job was submitted. Flink refreshes it at {@code
   * metrics.fetcher.update-interval}, by default every 10 s.
   */
  public long restarts(String jobId) {
    return (long) metric("jobs/" + jobId + "/metrics", "numRestarts").orElse(0);
  }

  /**
   * A metric that is a number, none while Flink does not have it.
   *
   * @param path of the metrics, as {@code jobs/<id>/metrics} or {@code
   *     jobs/<id>/vertices/<id>/subtasks/metrics}; the latter gives the sum over the subtasks
   */
  public OptionalDouble metric(String path, String name) {
    return metric(path, name, "sum");
  }

  /** The same; over subtasks it is their maximum. */
  public OptionalDouble maximum(String path, String name) {
    return metric(path, name, "max");
  }

  private OptionalDouble metric(String path, String name, String aggregate) {
    for (JsonNode metric : get(path + "?get=" + name)) {
      JsonNode value = metric.has(aggregate) ? metric.get(aggregate) : metric.path("value");
      if (value.isNumber() || value.isTextual()) {
        return OptionalDouble.of(value.asDouble());
      }
    }
    return OptionalDouble.empty();
  }

  public Checkpoints checkpoints(String jobId) {
    JsonNode node = get("jobs/" + jobId + "/checkpoints");
    JsonNode counts = node.path("counts");
    JsonNode latest = node.path("latest");
    return new Checkpoints(
        counts.path("completed").asLong(),
        counts.path("failed").asLong(),
        counts.path("in_progress").asInt(),
        counts.path("restored").asLong(),
        FlinkHttp.stream(node.path("history"))
            .filter(checkpoint -> checkpoint.path("status").asText().equals("COMPLETED"))
            .map(FlinkRest::checkpoint)
            .toList(),
        Optional.of(latest.path("completed")).filter(JsonNode::isObject).map(FlinkRest::checkpoint),
        FlinkHttp.text(latest.path("restored").path("external_path")),
        FlinkHttp.text(latest.path("failed").path("failure_message")));
  }

  private static Checkpoint checkpoint(JsonNode node) {
    return new Checkpoint(
        node.path("id").asLong(),
        node.path("is_savepoint").asBoolean(),
        Instant.ofEpochMilli(node.path("trigger_timestamp").asLong()),
        Duration.ofMillis(node.path("end_to_end_duration").asLong()),
        node.path("state_size").asLong(),
        node.path("checkpointed_size").asLong(),
        node.path("external_path").asText());
  }

  /**
   * The failures that made the job restart or fail, newest first, as far back as Flink remembers.
   */
  public List<Failure> failures(String jobId) {
    return FlinkHttp.stream(
            get("jobs/" + jobId + "/exceptions").path("exceptionHistory").path("entries"))
        .map(
            node ->
                new Failure(
                    Instant.ofEpochMilli(node.path("timestamp").asLong()),
                    FlinkHttp.text(node.path("taskName")),
                    FlinkHttp.innermostMessage(node.path("stacktrace").asText()),
                    node.path("stacktrace").asText()))
        .toList();
  }

  /** The answer to a GET, for what has no method here; the path is relative to {@link #uri}. */
  public JsonNode get(String path) {
    return http.get(path);
  }
}
