package io.turnstile.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.turnstile.bench.measure.ResourceSampler.GcPauses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GcPausesTest {

  @TempDir private Path directory;

  @Test
  void pausesAreReadAndConcurrentWorkIsNot() throws IOException {
    Path log =
        Files.writeString(
            directory.resolve("gc.log"),
            """
            [0.012s][100000012ns] Using Parallel
            [1.250s][101250000ns] GC(0) Pause Young (Allocation Failure) 256M->18M(981M) 7.125ms
            [2.000s][102000000ns] GC(1) Concurrent Mark 12.000ms
            [3.500s][103500000ns] GC(2) Pause Full (Ergonomics) 300M->40M(981M) 81.500ms
            """);

    assertThat(GcPauses.logged(log).orElseThrow())
        .containsExactly(
            new GcPauses.Pause(101_250_000, 7.125), new GcPauses.Pause(103_500_000, 81.5));
  }

  @Test
  void logWithoutPausesIsNotAMissingOne() throws IOException {
    Path log =
        Files.writeString(directory.resolve("gc.log"), "[0.012s][100000012ns] Using Parallel\n");
    assertThat(GcPauses.logged(log)).hasValue(List.of());
    assertThat(GcPauses.logged(directory.resolve("none"))).isEmpty();
  }

  @Test
  void collectionOfThisProcessIsNoticed() {
    long before = System.nanoTime();
    try (GcPauses own = new GcPauses()) {
      System.gc();

      await().until(() -> !own.own().isEmpty());
      List<GcPauses.Pause> pauses = own.own();
      assertThat(pauses)
          .allSatisfy(pause -> assertThat(pause.nanos()).isBetween(before, System.nanoTime()));
    }
  }
}
