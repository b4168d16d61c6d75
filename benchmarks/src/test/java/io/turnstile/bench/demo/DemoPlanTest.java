package io.turnstile.bench.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoPlanTest {

  @TempDir private Path directory;

  @Test
  void killComesFortyPercentOnTheWay() {
    assertThat(plan(1000, 60_000, true).killAfter()).isEqualTo(24_000);
    assertThat(plan(1000, 60_000, false).killAfter()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void warmUpIsAFifthAtMostTenSeconds() {
    assertThat(plan(1000, 60_000, true).warmUp()).isEqualTo(Duration.ofSeconds(10));
    assertThat(plan(1000, 10_000, true).warmUp()).isEqualTo(Duration.ofSeconds(2));
  }

  @Test
  void rowsAreCountedWithoutTheHeader() throws Exception {
    Path csv = Files.writeString(directory.resolve("a.csv"), "h1,h2\n1,2\n3,4\n");
    assertThat(DemoPlan.countRows(csv)).isEqualTo(2);

    Path gz = directory.resolve("a.csv.gz");
    try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(gz))) {
      Files.copy(csv, out);
    }
    assertThat(DemoPlan.countRows(gz)).isEqualTo(2);
    assertThat(DemoPlan.countRows(Files.createFile(directory.resolve("empty.csv")))).isEqualTo(1);
  }

  private static DemoPlan plan(double rate, long expected, boolean kill) {
    return new DemoPlan(() -> null, rate, Duration.ofDays(1), expected, kill, Path.of("ledger"));
  }
}
