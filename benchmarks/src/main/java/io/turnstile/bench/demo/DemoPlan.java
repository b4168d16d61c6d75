package io.turnstile.bench.demo;

import io.turnstile.simulator.EventSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.zip.GZIPInputStream;

/**
 * What a demo sends.
 *
 * @param source the transactions
 * @param rate transactions per second
 * @param duration after which no more are sent
 * @param expected about how many transactions that will be, at least 1
 * @param kill whether the TaskManager is killed on the way
 * @param ledger where to write what is expected of each
 */
record DemoPlan(
    EventSource source, double rate, Duration duration, long expected, boolean kill, Path ledger) {

  private static final Duration MAX_WARM_UP = Duration.ofSeconds(10);

  /** How long sending will take. */
  Duration length() {
    return Duration.ofMillis((long) (expected / rate * 1000));
  }

  /** What is left out of the latency: a fifth of the run, 10 s at most. */
  Duration warmUp() {
    Duration fifth = length().dividedBy(5);
    return fifth.compareTo(MAX_WARM_UP) < 0 ? fifth : MAX_WARM_UP;
  }

  /** After how many transactions the TaskManager is killed. */
  long killAfter() {
    return kill ? expected * 2 / 5 : Long.MAX_VALUE;
  }

  /** About how many rows a CSV file has. */
  static long countRows(Path file) throws IOException {
    try (InputStream bytes = Files.newInputStream(file);
        BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(
                    file.toString().endsWith(".gz") ? new GZIPInputStream(bytes) : bytes,
                    StandardCharsets.ISO_8859_1))) {
      return Math.max(1, lines.lines().count() - 1);
    }
  }
}
