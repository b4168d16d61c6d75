package io.turnstile.helm;

import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.FlinkRestException;
import io.turnstile.clients.Generation;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.KafkaException;

/**
 * Brings a release from the Flink cluster of one revision to that of another, which Helm has made
 * beside it: finds out what the new job starts from, waits until it has taken over, and removes all
 * other clusters. The new job takes over by itself. Used once; it may be begun again after a
 * failure.
 */
final class UpgradeBeside {

  /**
   * The new cluster.
   *
   * @param release what the names of all clusters of the release begin with, and what it was called
   *     before there was more than one
   * @param job Flink's id of its job
   * @param previousJob that of the job of a release without several clusters
   * @param from savepoint or checkpoint that its job is to start from; empty for the state of the
   *     job that it replaces
   * @param suspended it is to have no pods
   */
  record Target(
      String release,
      String cluster,
      String job,
      int lanes,
      String previousJob,
      Optional<String> from,
      boolean suspended) {}

  /**
   * Limits of an upgrade.
   *
   * @param takeOver how long the new job may take until it has taken over
   * @param room how long its pods may wait for a node before the old ones make room
   * @param interval between two looks
   */
  record Limits(Duration takeOver, Duration room, Duration interval) {}

  /** The Flink of one cluster. Every method throws {@link FlinkRestException} if it is away. */
  interface Flink {

    /** Ids of jobs that are not over. */
    Set<String> running();

    /** How the job has ended and why; empty if it has not. */
    Optional<String> end(String job);

    /** Takes a savepoint and returns its path. */
    String savepoint(String job);
  }

  /** What a job restores that has nothing to restore: Flink's default, for an argument there is. */
  static final String NOTHING = "-Dexecution.state-recovery.claim-mode=NO_CLAIM";

  private final Target target;
  private final Clusters clusters;
  private final ClusterFiles files;
  private final Supplier<Map<Integer, Generation>> owners;
  private final Function<String, Flink> flinks;
  private final Limits limits;
  private final Consumer<String> progress;

  private long deadline;

  /** Since when its pods have no room; 0 while they have. */
  private long noRoomSince;

  private boolean hasMadeRoom;

  /** From its first lane on, the old job can do nothing any more. */
  private boolean ownsLanes;

  /** What is wrong for the moment. */
  private String trouble = "";

  /**
   * @param owners reads the owners of the lanes
   * @param flinks gives the Flink of a cluster
   * @param progress gets lines for a person
   */
  UpgradeBeside(
      Target target,
      Clusters clusters,
      ClusterFiles files,
      Supplier<Map<Integer, Generation>> owners,
      Function<String, Flink> flinks,
      Limits limits,
      Consumer<String> progress) {
    this.target = target;
    this.clusters = clusters;
    this.files = files;
    this.owners = owners;
    this.flinks = flinks;
    this.limits = limits;
    this.progress = progress;
  }

  /**
   * Returns when only the new cluster is left.
   *
   * @throws CheckFailedException if the new job has not taken over; the message says which one runs
   * @throws IOException if Kubernetes does not answer at a bad time: to be begun again
   */
  void run() throws IOException, InterruptedException {
    if (!clusters.isThere(target.cluster())) {
      throw new CheckFailedException(target.cluster() + " is removed already");
    }
    // Another upgrade that has not come to its end does not any more.
    clusters.removeUpgradesExcept(target.cluster());
    if (target.suspended()) {
      progress.accept("Suspended: no pods of " + target.cluster());
    } else {
      awaitTakeOver();
    }
    removeOthers();
  }

  /** Removes all clusters. */
  void removeAll() throws IOException, InterruptedException {
    clusters.removeUpgradesExcept("");
    remove(clusters.all());
  }

  private Set<String> others() throws IOException, InterruptedException {
    Set<String> others = new TreeSet<>(clusters.all());
    others.remove(target.cluster());
    return others;
  }

  private void removeOthers() throws IOException, InterruptedException {
    Set<String> others = others();
    remove(others);
    // Helm has removed the rest of it.
    clusters.removeHighAvailability(Set.of(target.release()));
    files.deleteHighAvailability(target.release());
    progress.accept("Removed: " + (others.isEmpty() ? "nothing" : String.join(", ", others)));
  }

  private void remove(Set<String> some) throws IOException, InterruptedException {
    clusters.end(some);
    for (String cluster : some) {
      files.deleteHighAvailability(cluster);
    }
    // Another attempt reads Flink's configuration from there.
    clusters.remove(some);
  }

  private void awaitTakeOver() throws IOException, InterruptedException {
    deadline = System.nanoTime() + limits.takeOver().toNanos();
    while (!hasTakenOver()) {
      if (System.nanoTime() > deadline) {
        throw failed(
            "%s has not taken over within %d s%s"
                .formatted(target.cluster(), limits.takeOver().toSeconds(), why()));
      }
      Thread.sleep(limits.interval().toMillis());
    }
    progress.accept(target.cluster() + " has taken over");
  }

  private String why() throws IOException, InterruptedException {
    List<String> waiting = clusters.waiting(target.cluster());
    return (trouble.isEmpty() ? "" : ": " + trouble)
        + (waiting.isEmpty() ? "" : "; " + String.join("; ", waiting));
  }

  /** Looks, and does what there is to do. */
  private boolean hasTakenOver() throws InterruptedException {
    try {
      long owned = owned(new Generation(start().generation(), target.job()));
      ownsLanes |= owned > 0;
      trouble = owned == 0 ? "" : "it owns %d of %d lanes".formatted(owned, target.lanes());
      if (!ownsLanes) {
        requireStarting();
        if (!hasMadeRoom) {
          makeRoomIfNeeded();
        }
      }
      return owned == target.lanes();
    } catch (IOException | KafkaException | FlinkRestException e) {
      // Who does not answer now may do so in a moment.
      if (!trouble.equals(e.getMessage())) {
        trouble = String.valueOf(e.getMessage());
        progress.accept(trouble);
      }
      return false;
    }
  }

  private long owned(Generation mine) {
    return owners.get().values().stream().filter(mine::equals).count();
  }

  /** Decided once: whatever restarts, the job of the cluster starts from the same. */
  private Clusters.Start start() throws IOException, InterruptedException {
    Optional<Clusters.Start> known = clusters.start(target.cluster());
    if (known.isPresent()) {
      return known.get();
    }
    Optional<Generation> owner = owners.get().values().stream().max(Comparator.naturalOrder());
    long number = owner.map(Generation::number).orElse(0L);
    for (String cluster : others()) {
      // Also above one that has not taken over yet.
      number = Math.max(number, clusters.start(cluster).map(Clusters.Start::generation).orElse(0L));
    }
    Optional<String> from = target.from();
    if (from.isEmpty()) {
      from = owner.isPresent() ? Optional.of(state(owner.get())) : before();
    }
    Clusters.Start start =
        new Clusters.Start(number + 1, from.map("--fromSavepoint="::concat).orElse(NOTHING));
    clusters.setStart(target.cluster(), start);
    progress.accept(
        "%s is generation %d and starts %s"
            .formatted(
                target.cluster(),
                start.generation(),
                from.map("from "::concat).orElse("without state: there was no job before")));
    return start;
  }

  /** A savepoint of the job, which goes on; its newest checkpoint if it cannot take one. */
  private String state(Generation owner) throws IOException, InterruptedException {
    for (String cluster : others()) {
      try {
        Flink flink = flinks.apply(cluster);
        if (flink.running().contains(owner.job())) {
          progress.accept("Taking a savepoint of " + cluster);
          return flink.savepoint(owner.job());
        }
      } catch (FlinkRestException e) {
        progress.accept("No savepoint of " + cluster + ": " + e.getMessage());
      }
    }
    return files
        .newestCheckpoint(owner.job())
        .orElseThrow(
            () ->
                new IOException(
                    "generation %d (job %s) owns the lanes, and neither runs nor has a checkpoint in %s: name one with job.fromSavepoint"
                        .formatted(owner.number(), owner.job(), files.checkpoints())));
  }

  /** The state of the job before there were generations. */
  private Optional<String> before() throws IOException {
    return files.newestCheckpoint(target.previousJob());
  }

  private void requireStarting() throws IOException, InterruptedException {
    Optional<String> why = clusters.whyNotStarting(target.cluster());
    if (why.isPresent()) {
      if (anotherRuns()) {
        throw failed(why.get());
      }
      // It restarts until it can.
      trouble = why.get();
    }
    if (clusters.isPlaced(target.cluster())) {
      Optional<String> end = ownEnd();
      if (end.isPresent()) {
        throw failed("the new job is " + end.get());
      }
    }
  }

  private Optional<String> ownEnd() {
    try {
      return flinks.apply(target.cluster()).end(target.job());
    } catch (FlinkRestException e) {
      // It does not answer yet.
      return Optional.empty();
    }
  }

  /** Where both do not fit, the old cluster goes first, as without this kind of upgrade. */
  private void makeRoomIfNeeded() throws IOException, InterruptedException {
    Optional<String> why =
        clusters.isReady(target.cluster())
            ? Optional.empty()
            : clusters.whyNoRoom(target.cluster());
    Set<String> others = others();
    if (why.isEmpty() || others.isEmpty()) {
      noRoomSince = 0;
      return;
    }
    long now = System.nanoTime();
    if (noRoomSince == 0) {
      noRoomSince = now;
    }
    if (now - noRoomSince < limits.room().toNanos() || !isAccepted()) {
      return;
    }
    progress.accept("No room beside the old pods: " + why.get());
    progress.accept(
        "Stopping %s; no verdicts come until the new job runs"
            .formatted(String.join(", ", others)));
    // What it has committed since the savepoint is in the journal.
    clusters.stop(others);
    hasMadeRoom = true;
    deadline = System.nanoTime() + limits.takeOver().toNanos();
  }

  /** A job that would be refused costs no stop, unless its JobManager has no room either. */
  private boolean isAccepted() throws IOException, InterruptedException {
    return !clusters.isPlaced(target.cluster()) || running(target.cluster()).contains(target.job());
  }

  /** Ends the new cluster, unless it is the only one that is left. */
  private CheckFailedException failed(String why) {
    try {
      if (!hasMadeRoom && !ownsLanes && anotherRuns()) {
        // The rest goes with the next upgrade: an uninstall before that mounts its configuration.
        clusters.end(Set.of(target.cluster()));
        clusters.removeStart(target.cluster());
        return new CheckFailedException(why + "; its pods are removed, and the old job goes on");
      }
      return new CheckFailedException(why + "; it is left to try, for it may be the only one");
    } catch (IOException e) {
      return new CheckFailedException(why + "; it is not removed: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new CheckFailedException(why);
    }
  }

  private boolean anotherRuns() throws IOException, InterruptedException {
    for (String cluster : others()) {
      if (!running(cluster).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  private Set<String> running(String cluster) {
    try {
      return flinks.apply(cluster).running();
    } catch (FlinkRestException e) {
      // As good as none.
      return Set.of();
    }
  }
}
