package io.turnstile.helm;

import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.FlinkRestException;
import io.turnstile.clients.Generation;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
   * @param taskManagers so many its job needs; it may have more
   * @param from savepoint or checkpoint that its job is to start from; empty for the state of the
   *     job that it replaces
   * @param suspended it is to have no pods
   */
  record Target(
      String release,
      String cluster,
      String job,
      int lanes,
      int taskManagers,
      String previousJob,
      Optional<String> from,
      boolean suspended) {}

  /**
   * Limits of an upgrade.
   *
   * @param takeOver how long the new job may take until it has taken over
   * @param savepoint how long the old job is asked for one until its newest checkpoint has to do
   * @param room how long its pods may wait for a node before the old ones make room
   * @param interval between two looks
   */
  record Limits(Duration takeOver, Duration savepoint, Duration room, Duration interval) {}

  /** The Flink of one cluster. Every method throws {@link FlinkRestException} if it is away. */
  interface Flink {

    /** Ids of jobs that are not over. */
    Set<String> running();

    /** How the job has ended and why; empty if it has not. */
    Optional<String> end(String job);

    /** Takes a savepoint and returns its path. */
    String savepoint(String job);
  }

  private final Target target;
  private final Clusters clusters;
  private final ClusterFiles files;
  private final Supplier<Map<Integer, Generation>> owners;
  private final Function<String, Flink> flinks;
  private final Limits limits;
  private final Consumer<String> progress;
  private final StartingState startingState;

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
    startingState =
        new StartingState(target, clusters, files, owners, flinks, limits.savepoint(), progress);
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
    // Now: one that is made meanwhile is to replace this one.
    Set<String> replaced = clusters.allBut(target.cluster());
    if (target.suspended()) {
      progress.accept("Suspended: no pods of " + target.cluster());
    } else {
      awaitTakeOver();
    }
    remove(replaced);
    // Helm has removed the rest of it.
    clusters.removeHighAvailability(Set.of(target.release()));
    files.deleteHighAvailability(target.release());
    progress.accept("Removed: " + (replaced.isEmpty() ? "nothing" : String.join(", ", replaced)));
  }

  /** Removes all clusters. */
  void removeAll() throws IOException, InterruptedException {
    clusters.removeUpgradesExcept("");
    remove(clusters.all());
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
      Optional<Long> generation = startingState.generation();
      if (generation.isEmpty()) {
        generation = Optional.of(startingState.find());
        // A savepoint of a large state takes its time.
        deadline = System.nanoTime() + limits.takeOver().toNanos();
      }
      long owned = owned(generation.get());
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

  private long owned(long generation) {
    Generation mine = new Generation(generation, target.job());
    return owners.get().values().stream().filter(mine::equals).count();
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
    Optional<String> why = fits() ? Optional.empty() : clusters.whyNoRoom(target.cluster());
    Set<String> others = clusters.allBut(target.cluster());
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
    startingState.renew();
    deadline = System.nanoTime() + limits.takeOver().toNanos();
  }

  /** Whether what the job needs has nodes; spare pods may wait. */
  private boolean fits() throws IOException, InterruptedException {
    return clusters.isPlaced(target.cluster())
        && clusters.placedTaskManagers(target.cluster()) >= target.taskManagers();
  }

  /** A job that would be refused costs no stop, unless its JobManager has no room either. */
  private boolean isAccepted() throws IOException, InterruptedException {
    return !clusters.isPlaced(target.cluster()) || running(target.cluster()).contains(target.job());
  }

  /** Ends the new cluster, unless it is the only one that is left. */
  private CheckFailedException failed(String why) {
    try {
      if (hasMadeRoom || ownsLanes || !anotherRuns() || mayOwnLanes()) {
        return new CheckFailedException(why + "; it is left to try, for it may be the only one");
      }
      // The rest goes with the next upgrade: an uninstall before that mounts its configuration.
      clusters.end(Set.of(target.cluster()));
      boolean tooLate = mayOwnLanes();
      clusters.removeStart(target.cluster());
      return new CheckFailedException(
          why
              + (tooLate
                  ? "; its pods are removed, and it may just have taken over: upgrade again"
                  : "; its pods are removed, and the old job goes on"));
    } catch (IOException e) {
      return new CheckFailedException(why + "; its pods may be removed: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new CheckFailedException(why);
    }
  }

  /** Asked anew, because it takes over by itself; true also if nobody answers. */
  private boolean mayOwnLanes() throws IOException, InterruptedException {
    try {
      Optional<Long> generation = startingState.generation();
      return generation.isPresent() && owned(generation.get()) > 0;
    } catch (KafkaException e) {
      return true;
    }
  }

  private boolean anotherRuns() throws IOException, InterruptedException {
    for (String cluster : clusters.allBut(target.cluster())) {
      // One that was stopped may answer until its pods have ended.
      if (clusters.isThere(cluster) && !running(cluster).isEmpty()) {
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
