package io.turnstile.helm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredPlansTest {

  private static final Duration AGE = Duration.ofHours(1);

  @TempDir private Path directory;

  private void file(String name, Duration age) throws IOException {
    Path file = Files.writeString(directory.resolve(name), "x");
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(age)));
  }

  @Test
  void oldPlansGoAndEverythingElseStays() throws IOException {
    file("submittedExecutionPlan1", Duration.ofDays(3));
    file("submittedExecutionPlan2", Duration.ofMinutes(61));
    // A standby has just stored it, and its pointer comes next.
    file("submittedExecutionPlan3", Duration.ofMinutes(1));
    file("completedCheckpoint4", Duration.ofDays(3));
    Files.createDirectories(directory.resolve("submittedExecutionPlans/blob"));

    assertThat(StoredPlans.deleteOlderThan(AGE, directory.toUri().toString())).isEqualTo(2);

    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left.map(each -> each.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "submittedExecutionPlan3", "completedCheckpoint4", "submittedExecutionPlans");
    }
  }

  @Test
  void firstStartHasNoDirectoryYet() throws IOException {
    assertThat(StoredPlans.deleteOlderThan(AGE, directory.toUri() + "none")).isZero();
  }
}
