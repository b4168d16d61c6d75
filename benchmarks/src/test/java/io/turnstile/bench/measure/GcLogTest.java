package io.turnstile.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GcLogTest {

  @TempDir private Path directory;

  @Test
  void pausesAreReadAndConcurrentWorkIsNot() throws IOException {
    Path log =
        Files.writeString(
            directory.resolve("gc.log"),
            """
            [0.012s] Using Parallel
            [1.250s] GC(0) Pause Young (Allocation Failure) 256M->18M(981M) 7.125ms
            [2.000s] GC(1) Concurrent Mark 12.000ms
            [3.500s] GC(2) Pause Full (Ergonomics) 300M->40M(981M) 81.500ms
            """);

    assertThat(GcLog.read(log).orElseThrow())
        .containsExactly(new GcLog.Pause(1.25, 7.125), new GcLog.Pause(3.5, 81.5));
  }

  @Test
  void logWithoutPausesIsNotAMissingOne() throws IOException {
    Path log = Files.writeString(directory.resolve("gc.log"), "[0.012s] Using Parallel\n");
    assertThat(GcLog.read(log)).hasValue(List.of());
    assertThat(GcLog.read(directory.resolve("none"))).isEmpty();
  }
}
