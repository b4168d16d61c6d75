package io.turnstile.helm;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.plugin.PluginUtils;

/**
 * The execution plans that high availability stores in a release's directory, one at each start of
 * a JobManager. Flink removes one when its job ends, which this job does not; they hold what the
 * job was started with, Kafka's credentials included.
 */
final class StoredPlans {

  /** Of the names that Flink gives to these files. */
  private static final String PREFIX = "submittedExecutionPlan";

  private StoredPlans() {}

  /** Makes Flink's file systems known, as its own processes do. */
  static void initializeFileSystems() {
    Configuration configuration = GlobalConfiguration.loadConfiguration();
    FileSystem.initialize(
        configuration, PluginUtils.createPluginManagerFromRootFolder(configuration));
  }

  /**
   * Deletes those that are older than some age. Nothing may point to them any more. One that is
   * only just stored may get its pointer later, so it has to stay.
   *
   * @param directory as a URI; need not exist
   * @return how many were deleted
   */
  static int deleteOlderThan(Duration age, String directory) throws IOException {
    Path path = new Path(directory);
    FileSystem files = path.getFileSystem();
    if (!files.exists(path)) {
      return 0;
    }
    long oldest = Instant.now().minus(age).toEpochMilli();
    int deleted = 0;
    for (FileStatus file : files.listStatus(path)) {
      if (!file.isDir()
          && file.getPath().getName().startsWith(PREFIX)
          && file.getModificationTime() < oldest
          && files.delete(file.getPath(), false)) {
        deleted++;
      }
    }
    return deleted;
  }
}
