package io.turnstile.helm;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;

/**
 * What the clusters of a namespace leave in the storage: checkpoints, and what high availability
 * stores.
 *
 * @param checkpoints directory of the checkpoints of all jobs, as a URI
 * @param highAvailability directory of that of all clusters, as a URI
 */
record ClusterFiles(String namespace, String checkpoints, String highAvailability) {

  /** The newest complete checkpoint of a job that need not run. */
  Optional<String> newestCheckpoint(String job) throws IOException {
    Path directory = new Path(checkpoints, job);
    FileSystem files = directory.getFileSystem();
    if (!files.exists(directory)) {
      return Optional.empty();
    }
    Path newest = null;
    long time = Long.MIN_VALUE;
    for (FileStatus each : files.listStatus(directory)) {
      // Written last.
      Path metadata = new Path(each.getPath(), "_metadata");
      if (each.getPath().getName().startsWith("chk-") && files.exists(metadata)) {
        // Not the greatest number: a job that goes back to an older state counts anew.
        long written = files.getFileStatus(metadata).getModificationTime();
        if (written > time) {
          time = written;
          newest = each.getPath();
        }
      }
    }
    return Optional.ofNullable(newest).map(Path::toString);
  }

  /**
   * Removes what a cluster's high availability has stored: plans of jobs, which hold credentials,
   * and the results by which a cluster of the same name would take its job for over.
   */
  void deleteHighAvailability(String cluster) throws IOException {
    for (String above : List.of("/", "/job-result-store/")) {
      Path directory = new Path(highAvailability + above + namespace + "/" + cluster);
      FileSystem files = directory.getFileSystem();
      if (files.exists(directory)) {
        files.delete(directory, true);
      }
    }
  }
}
