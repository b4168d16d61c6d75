package io.turnstile.helm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterFilesTest {

  @TempDir private Path directory;

  private ClusterFiles files;

  @BeforeEach
  void setUp() {
    files =
        new ClusterFiles(
            "payments",
            directory.resolve("checkpoints").toUri().toString(),
            directory.resolve("ha").toUri().toString().replaceFirst("/$", ""));
  }

  private void checkpoint(int number, long writtenAt) throws IOException {
    Path checkpoint = Files.createDirectories(directory.resolve("checkpoints/job/chk-" + number));
    Path metadata = Files.writeString(checkpoint.resolve("_metadata"), "x");
    Files.setLastModifiedTime(metadata, FileTime.from(Instant.ofEpochSecond(writtenAt)));
  }

  @Test
  void newestIsTheOneWrittenLastAndComplete() throws IOException {
    checkpoint(9, 100);
    checkpoint(10, 200);
    // Of a life before that had come further.
    checkpoint(70, 50);
    Files.createDirectories(directory.resolve("checkpoints/job/chk-11"));
    Files.createDirectories(directory.resolve("checkpoints/job/shared"));
    assertThat(files.newestCheckpoint("job"))
        .hasValueSatisfying(path -> assertThat(path).endsWith("checkpoints/job/chk-10"));
  }

  @Test
  void jobWithoutCheckpointsHasNone() throws IOException {
    assertThat(files.newestCheckpoint("job")).isEmpty();
    Files.createDirectories(directory.resolve("checkpoints/job/taskowned"));
    assertThat(files.newestCheckpoint("job")).isEmpty();
  }

  @Test
  void highAvailabilityOfOneClusterGoes() throws IOException {
    Files.createDirectories(directory.resolve("ha/payments/shop-r1/blob"));
    Files.createDirectories(directory.resolve("ha/payments/shop-r12"));
    Files.createDirectories(directory.resolve("ha/job-result-store/payments/shop-r1"));
    files.deleteHighAvailability("shop-r1");
    files.deleteHighAvailability("shop-r3");
    assertThat(directory.resolve("ha/payments")).isDirectoryContaining("glob:**/shop-r12");
    assertThat(directory.resolve("ha/payments/shop-r1")).doesNotExist();
    assertThat(directory.resolve("ha/job-result-store/payments")).isEmptyDirectory();
  }
}
