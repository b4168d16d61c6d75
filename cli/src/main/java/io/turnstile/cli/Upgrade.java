package io.turnstile.cli;

import io.turnstile.clients.Await;
import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.FlinkOptions;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.FlinkRestException;
import io.turnstile.clients.Generation;
import io.turnstile.clients.JobRejectedException;
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

  /** Instead of the savepoint, for the job to know that there will be one. */
  private static final String NOT_TAKEN_YET = "not-taken-yet";

  private final FlinkRest flink;
  private final Supplier<LaneOwners> connector;
  private final Limits limits;
  private final Consumer<String> progress;

  /** The old job, which is not to end before a lane is taken; null if there is none any more. */
  private FlinkRest.Job old;

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
      Optional<FlinkRest.Job> known,
      Optional<String> from,
      JobSubmission submission) {
    old = known.filter(job -> !job.isTerminal()).orElse(null);
    long number = nextNumber(owners);
    int lanes = owners.lanes();
    JobSubmission next = withGeneration(submission, number);
    int needed = slots(next.restoredFrom(from.orElse(NOT_TAKEN_YET)));
    int free = flink.taskManagers().stream().mapToInt(FlinkRest.TaskManager::freeSlots).sum();
    boolean beside = old == null || free >= needed;
    String start;
    if (beside) {
      start = from.or(() -> known.map(this::state)).orElseThrow(Upgrade::nothingToStartFrom);
    } else {
      progress.accept(
          "The cluster has %d free slots and the new job needs %d: no room beside the old one."
              .formatted(free, needed));
      start = stop(old, from);
      old = null;
    }
    progress.accept("Starting generation %d from %s".formatted(number, start));
    long began = System.nanoTime();
    String id;
    try {
      id = flink.submit(next.restoredFrom(start));
    } catch (FlinkRestException e) {
      throw new CheckFailedException(e.getMessage() + "; " + whoRuns(start));
    }
    awaitTakeOver(owners, lanes, new Generation(number, id), start);
    double seconds = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began) / 1e3;
    progress.accept("Job %s has taken over, %.1f s after its start".formatted(id, seconds));
    return new Report(start, id, number, beside, seconds);
  }

  private static long nextNumber(LaneOwners owners) {
    return owners.read().values().stream().mapToLong(Generation::number).max().orElse(0) + 1;
  }

  /** Also finds out, while the old job still runs, whether the new one would be refused. */
  private int slots(JobSubmission submission) {
    try {
      return flink.slots(submission);
    } catch (JobRejectedException e) {
      throw new CheckFailedException(
          "the new job is refused, and nothing was done: " + e.getMessage());
    }
  }

  /**
   * Stops a job for want of room.
   *
   * @return what to start from
   */
  private String stop(FlinkRest.Job job, Optional<String> from) {
    progress.accept("Stopping the old job with a savepoint; no verdicts come until the new runs");
    try {
      String savepoint = flink.stopWithSavepoint(job.id(), limits.savepoint);
      from.ifPresent(other -> progress.accept("Its last state is in " + savepoint));
      return from.orElse(savepoint);
    } catch (FlinkRestException e) {
      String start = from.orElseGet(() -> newestCheckpoint(job, e.getMessage()));
      // Whatever it has decided since is in the journal.
      progress.accept(
          "It cannot be stopped so (%s): cancelling it is the last resort"
              .formatted(e.getMessage()));
      cancel(job);
      awaitOver(job, start);
      return start;
    }
  }

  private void awaitOver(FlinkRest.Job job, String start) {
    try {
      flink.awaitTerminal(job.id(), limits.savepoint);
    } catch (FlinkRestException e) {
      throw new CheckFailedException(
          "the old job is cancelled, and no new one is started, for they would not both have room: "
              + e.getMessage()
              + "; when it is over, do the same with --from "
              + start);
    }
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
    return newestCheckpoint(job, why);
  }

  private String newestCheckpoint(FlinkRest.Job job, String whyNoSavepoint) {
    String checkpoint =
        flink
            .checkpoints(job.id())
            .latest()
            .map(FlinkRest.Checkpoint::path)
            .orElseThrow(
                () ->
                    new CheckFailedException("no savepoint and no checkpoint: " + whyNoSavepoint));
    progress.accept("No savepoint (%s): its newest checkpoint has to do".formatted(whyNoSavepoint));
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
  private void awaitTakeOver(LaneOwners owners, int lanes, Generation mine, String start) {
    Await.until(
        limits.takeOver,
        () -> {
          try {
            long owned = owned(owners, mine);
            if (owned < lanes && flink.isOver(mine.job())) {
              throw new CheckFailedException(
                  "the new job has ended"
                      + FlinkOptions.cause(flink, flink.job(mine.job()))
                      + "; "
                      + whoRuns(start));
            }
            return owned == lanes;
          } catch (KafkaException | FlinkRestException e) {
            // Who does not answer now may do so in a moment, and the old job must still be ended.
            return false;
          }
        },
        () -> notInTime(owners, mine));
  }

  /** The number of lanes that the new job owns; ends the old one if there are any. */
  private long owned(LaneOwners owners, Generation mine) {
    long owned = owners.read().values().stream().filter(mine::equals).count();
    if (owned > 0 && old != null) {
      cancel(old);
      old = null;
    }
    return owned;
  }

  /** Cancels the new job, unless it is the only one that is left. */
  private CheckFailedException notInTime(LaneOwners owners, Generation mine) {
    String late =
        "the new job %s has not taken over within %d s"
            .formatted(mine.job(), limits.takeOver.toSeconds());
    try {
      if (owned(owners, mine) > 0 || !oldRuns()) {
        return new CheckFailedException(
            late
                + "; it goes on to try, for the old one is over: see its exceptions in Flink, and"
                + " whether its decidedAhead falls");
      }
      flink.cancel(mine.job());
      return new CheckFailedException(late + ", and is cancelled; the old one goes on");
    } catch (KafkaException | FlinkRestException e) {
      return new CheckFailedException(
          late + ", and is not cancelled, for it may be the only one: " + OneLine.of(e));
    }
  }

  private boolean oldRuns() {
    return old != null && !flink.isOver(old.id());
  }

  private String whoRuns(String start) {
    return oldRuns()
        ? "the old one goes on"
        : "the old one is over, and no job runs: start one again with --from " + start;
  }

  /** It may have stopped by itself: a job with a generation does. */
  private void cancel(FlinkRest.Job job) {
    try {
      flink.cancel(job.id());
    } catch (FlinkRestException e) {
      if (!flink.isOver(job.id())) {
        throw e;
      }
    }
  }
}
