package io.turnstile.helm;

import io.turnstile.clients.FlinkRestException;
import io.turnstile.clients.Generation;
import java.io.IOException;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What the job of a new cluster starts from. Decided once and kept in Kubernetes: whatever
 * restarts, its JobManagers start from the same.
 */
final class StartingState {

  /** What a job restores that has nothing to restore: Flink's default, for an argument there is. */
  static final String NOTHING = "-Dexecution.state-recovery.claim-mode=NO_CLAIM";

  private static final String FROM = "--fromSavepoint=";

  /** In the path of a checkpoint, which the job that took it deletes after some others. */
  private static final String CHECKPOINT = "/chk-";

  private final UpgradeBeside.Target target;
  private final Clusters clusters;
  private final ClusterFiles files;
  private final Supplier<Map<Integer, Generation>> owners;
  private final Function<String, UpgradeBeside.Flink> flinks;
  private final Duration patience;
  private final Consumer<String> progress;

  /** Since when the old job is asked for a savepoint; 0 before that. */
  private long askedSince;

  /**
   * @param patience how long the old job is asked for a savepoint
   */
  StartingState(
      UpgradeBeside.Target target,
      Clusters clusters,
      ClusterFiles files,
      Supplier<Map<Integer, Generation>> owners,
      Function<String, UpgradeBeside.Flink> flinks,
      Duration patience,
      Consumer<String> progress) {
    this.target = target;
    this.clusters = clusters;
    this.files = files;
    this.owners = owners;
    this.flinks = flinks;
    this.patience = patience;
    this.progress = progress;
  }

  /** The job's number, empty until it is found out. */
  Optional<Long> generation() throws IOException, InterruptedException {
    return clusters.start(target.cluster()).map(Clusters.Start::generation);
  }

  /**
   * Finds it out.
   *
   * @return the job's number
   * @throws IOException if it cannot be found out now: to be tried again
   */
  long find() throws IOException, InterruptedException {
    Optional<Generation> owner = owner();
    long number = owner.map(Generation::number).orElse(0L);
    for (String cluster : clusters.allBut(target.cluster())) {
      // Also above one that has not taken over yet.
      number = Math.max(number, clusters.start(cluster).map(Clusters.Start::generation).orElse(0L));
    }
    Optional<String> from = target.from();
    if (from.isEmpty()) {
      // Without an owner, the state of the job before there were generations.
      from =
          owner.isPresent()
              ? Optional.of(state(owner.get()))
              : files.newestCheckpoint(target.previousJob());
    }
    clusters.setStart(
        target.cluster(), new Clusters.Start(number + 1, from.map(FROM::concat).orElse(NOTHING)));
    progress.accept(
        "%s is generation %d and starts %s"
            .formatted(
                target.cluster(),
                number + 1,
                from.map("from "::concat).orElse("without state: there was no job before")));
    return number + 1;
  }

  private Optional<Generation> owner() {
    return owners.get().values().stream().max(Comparator.naturalOrder());
  }

  /** A savepoint of the job, which goes on; its newest checkpoint if it cannot take one. */
  private String state(Generation owner) throws IOException, InterruptedException {
    if (askedSince == 0) {
      askedSince = System.nanoTime();
    }
    String trouble = null;
    for (String cluster : clusters.allBut(target.cluster())) {
      if (!clusters.isThere(cluster)) {
        continue;
      }
      try {
        UpgradeBeside.Flink flink = flinks.apply(cluster);
        if (flink.running().contains(owner.job())) {
          progress.accept("Taking a savepoint of " + cluster);
          return flink.savepoint(owner.job());
        }
        trouble = "No savepoint of " + cluster + ": the job does not run";
      } catch (FlinkRestException e) {
        trouble = "No savepoint of " + cluster + ": " + e.getMessage();
      }
    }
    // It may be restarting, and its checkpoints go while it runs: a savepoint stays.
    if (trouble != null && System.nanoTime() - askedSince < patience.toNanos()) {
      throw new IOException(trouble);
    }
    if (trouble != null) {
      progress.accept(trouble);
    }
    return files
        .newestCheckpoint(owner.job())
        .orElseThrow(
            () ->
                new IOException(
                    "generation %d (job %s) owns the lanes, and neither runs nor has a checkpoint in %s: name one with job.fromSavepoint"
                        .formatted(owner.number(), owner.job(), files.checkpoints())));
  }

  /**
   * Takes the newest checkpoint instead of one that is older, and may be gone; to be called when
   * the old job has been stopped and the new one has not been started.
   */
  void renew() throws IOException, InterruptedException {
    Clusters.Start known =
        clusters
            .start(target.cluster())
            .orElseThrow(() -> new IOException(target.cluster() + "-start is gone"));
    Optional<Generation> owner = owner();
    if (target.from().isPresent()
        || owner.isEmpty()
        || !known.argument().contains(CHECKPOINT)
        || clusters.isPlaced(target.cluster())) {
      return;
    }
    Optional<String> newest = files.newestCheckpoint(owner.get().job());
    if (newest.isPresent()) {
      clusters.removeStart(target.cluster());
      clusters.setStart(
          target.cluster(), new Clusters.Start(known.generation(), FROM + newest.get()));
      progress.accept(target.cluster() + " starts from " + newest.get());
    }
  }
}
