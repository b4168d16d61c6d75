package io.turnstile.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.turnstile.clients.Await;
import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.FlinkOptions;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.FlinkRestException;
import io.turnstile.clients.Generation;
import io.turnstile.clients.JobSubmission;
import io.turnstile.events.TopicNames;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;

/**
 * Replaces a job by another one, which starts from its state beside it and takes over when it is
 * ready. The new job does that by itself: this starts it, waits, and ends the old one. Used once.
 */
public final class Upgrade {

  /**
   * Limits of an upgrade.
   *
   * @param savepoint how long the old job may take for a savepoint
   * @param takeOver how long the new job may take until it has taken over
   */
  public record Limits(Duration savepoint, Duration takeOver) {}

  /**
   * A finished upgrade.
   *
   * @param from the savepoint or checkpoint that the new job has started from
   * @param job id of the new job
   * @param beside false if the old job was stopped first, for want of room
   * @param seconds from the start of the new job until it had taken over
   */
  public record Report(String from, String job, long generation, boolean beside, double seconds) {}

  private final FlinkRest flink;
  private final Supplier<LaneOwners> connector;
  private final Limits limits;
  private final Consumer<String> progress;

  /**
   * @param client properties of the Kafka clients
   * @param progress gets lines for a person
   */
  public Upgrade(
      FlinkRest flink,
      Map<String, Object> client,
      TopicNames topics,
      Limits limits,
      Consumer<String> progress) {
    this(flink, () -> new KafkaOwners(client, topics), limits, progress);
  }

  /**
   * @param connector called once
   */
  Upgrade(
      FlinkRest flink, Supplier<LaneOwners> connector, Limits limits, Consumer<String> progress) {
    this.flink = flink;
    this.connector = connector;
    this.limits = limits;
    this.progress = progress;
  }

  /**
   * Replaces a job.
   *
   * @param old the job to replace, which may be over; empty if Flink knows of none
   * @param from what to start from; empty for a savepoint of the old job
   * @param submission the new job; {@code --generation} is added to its arguments
   * @throws CheckFailedException if the new job has not taken over; the message says which one runs
   */
  public Report run(Optional<FlinkRest.Job> old, Optional<String> from, JobSubmission submission) {
    try (LaneOwners owners = connector.get()) {
      return run(owners, old, from, submission);
    }
  }

  private Report run(
      LaneOwners owners,
      Optional<FlinkRest.Job> old,
      Optional<String> from,
      JobSubmission submission) {
    Optional<FlinkRest.Job> running = old.filter(job -> !job.isTerminal());
    long number = nextNumber(owners);
    int free = flink.taskManagers().stream().mapToInt(FlinkRest.TaskManager::freeSlots).sum();
    int needed = running.map(job -> slots(submission, job)).orElse(0);
    boolean beside = free >= needed;
    String start;
    if (beside) {
      start = from.or(() -> old.map(this::state)).orElseThrow(Upgrade::nothingToStartFrom);
    } else {
      progress.accept(
          "The cluster has %d free slots and the new job needs %d: no room beside the old one."
              .formatted(free, needed));
      start = stop(running.orElseThrow(), from);
    }
    progress.accept("Starting generation %d from %s".formatted(number, start));
    long began = System.nanoTime();
    String id;
    try {
      id = flink.submit(withGeneration(submission, number).restoredFrom(start));
    } catch (FlinkRestException e) {
      throw new CheckFailedException(e.getMessage() + "; " + whoRuns(beside, start));
    }
    awaitTakeOver(owners, new Generation(number, id), beside, running, start);
    double seconds = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began) / 1e3;
    progress.accept("Job %s has taken over, %.1f s after its start".formatted(id, seconds));
    return new Report(start, id, number, beside, seconds);
  }

  private static long nextNumber(LaneOwners owners) {
    return owners.read().values().stream().mapToLong(Generation::number).max().orElse(0) + 1;
  }

  /**
   * Stops a job for want of room.
   *
   * @return what to start from
   */
  private String stop(FlinkRest.Job old, Optional<String> from) {
    if (from.isEmpty()) {
      progress.accept("Stopping the old job with a savepoint; no verdicts come until the new runs");
      return flink.stopWithSavepoint(old.id(), limits.savepoint);
    }
    // Whatever it has decided since is in the journal.
    progress.accept("Cancelling the old job; no verdicts come until the new runs");
    flink.cancel(old.id());
    flink.awaitTerminal(old.id(), limits.savepoint);
    return from.get();
  }

  /**
   * The slots that a job with the parallelism of the old one takes, unless another one is given.
   */
  private int slots(JobSubmission submission, FlinkRest.Job old) {
    Integer given = JobOptions.of(submission.arguments()).parallelism();
    if (given != null) {
      return given;
    }
    if (submission.parallelism().isPresent()) {
      return submission.parallelism().getAsInt();
    }
    int most = 1;
    for (JsonNode vertex : flink.get("jobs/" + old.id()).path("vertices")) {
      most = Math.max(most, vertex.path("parallelism").asInt());
    }
    return most;
  }

  /** A savepoint of the job, or its newest checkpoint if it cannot take one. */
  private String state(FlinkRest.Job job) {
    String why = "the old job is " + job.state();
    if (!job.isTerminal()) {
      progress.accept("Taking a savepoint of job %s".formatted(job.id()));
      try {
        return flink.nativeSavepoint(job.id(), limits.savepoint);
      } catch (FlinkRestException e) {
        why = e.getMessage();
      }
    }
    String reason = why;
    String checkpoint =
        flink
            .checkpoints(job.id())
            .latest()
            .map(FlinkRest.Checkpoint::path)
            .orElseThrow(
                () -> new CheckFailedException("no savepoint and no checkpoint: " + reason));
    progress.accept("No savepoint (%s): its newest checkpoint has to do".formatted(reason));
    return checkpoint;
  }

  private static CheckFailedException nothingToStartFrom() {
    return new CheckFailedException(
        "no job is known whose state the new one could start from: name a savepoint or a retained"
            + " checkpoint with --from");
  }

  private static JobSubmission withGeneration(JobSubmission submission, long number) {
    List<String> arguments = new ArrayList<>(submission.arguments());
    arguments.addAll(List.of(JobOptions.GENERATION, Long.toString(number)));
    return new JobSubmission(
        submission.jar(), arguments, submission.parallelism(), submission.restoreFrom());
  }

  /**
   * Waits until the new job owns all lanes. Once it owns one, the old job can do nothing any more:
   * it would only try.
   */
  private void awaitTakeOver(
      LaneOwners owners,
      Generation mine,
      boolean beside,
      Optional<FlinkRest.Job> old,
      String start) {
    int lanes = owners.lanes();
    boolean[] oldRuns = {beside};
    Await.until(
        limits.takeOver,
        () -> {
          try {
            long owned = owners.read().values().stream().filter(mine::equals).count();
            if (owned > 0 && oldRuns[0]) {
              old.ifPresent(this::end);
              oldRuns[0] = false;
            }
            if (owned < lanes && flink.isOver(mine.job())) {
              throw new CheckFailedException(
                  "the new job has ended"
                      + FlinkOptions.cause(flink, flink.job(mine.job()))
                      + "; "
                      + whoRuns(oldRuns[0], start));
            }
            return owned == lanes;
          } catch (KafkaException | FlinkRestException e) {
            // Who does not answer now may do so in a moment, and the old job must still be ended.
            return false;
          }
        },
        () -> {
          flink.cancel(mine.job());
          return new CheckFailedException(
              "the new job has not taken over within %d s, and is cancelled; %s"
                  .formatted(limits.takeOver.toSeconds(), whoRuns(oldRuns[0], start)));
        });
  }

  private static String whoRuns(boolean old, String start) {
    return old
        ? "the old one goes on, if it ran"
        : "the old one was stopped, and no job runs: start one again with --from " + start;
  }

  /** It may have stopped by itself: a job with a generation does. */
  private void end(FlinkRest.Job old) {
    try {
      flink.cancel(old.id());
    } catch (FlinkRestException e) {
      if (!flink.isOver(old.id())) {
        throw e;
      }
    }
  }
}
