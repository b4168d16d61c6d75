package io.turnstile.bench.demo;

import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.LedgerEntry;
import io.turnstile.events.RejectionReason;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/** The state of a run, second by second: a block for a terminal, or a line. Not thread-safe. */
final class LiveTable {

  private final Duration length;
  private final URI flink;
  private Duration elapsed = Duration.ZERO;
  private Counts now = new Counts(0, 0, new TreeMap<>());
  private Counts before = now;
  private double interval = 1;
  private Histogram second = new Histogram(2);
  private Histogram all = second;

  private record Counts(long sent, long answered, SortedMap<String, Long> verdicts) {

    long total(Stream<? extends Enum<?>> codes) {
      return codes.mapToLong(code -> verdicts.getOrDefault(code.name(), 0L)).sum();
    }

    long accepted() {
      return verdicts.getOrDefault(LedgerEntry.ACCEPTED, 0L);
    }

    long rejected() {
      return total(Stream.of(RejectionReason.values()));
    }

    long deadLettered() {
      return total(Stream.of(DeadLetterCode.values()));
    }
  }

  /**
   * @param length of the run
   */
  LiveTable(Duration length, URI flink) {
    this.length = length;
    this.flink = flink;
  }

  /**
   * Takes the counts so far.
   *
   * @param verdicts by code, in the terms of a ledger
   * @param second latencies since the last call, in microseconds
   * @param all latencies of the run, in microseconds
   */
  void add(
      Duration elapsed,
      long sent,
      long answered,
      SortedMap<String, Long> verdicts,
      Histogram second,
      Histogram all) {
    interval = Math.max(0.001, elapsed.minus(this.elapsed).toMillis() / 1000.0);
    this.elapsed = elapsed;
    before = now;
    now = new Counts(sent, answered, verdicts);
    this.second = second;
    this.all = all;
  }

  /** For a terminal; no line is longer than 80 characters, or redrawing would go astray. */
  List<String> block() {
    List<String> lines = new ArrayList<>();
    lines.add("");
    lines.add(format("%-24s Flink: %s", time(), flink));
    lines.add(format("%-24s %12s %9s", "", "total", "per s"));
    lines.add(row("sent", now.sent(), before.sent()));
    lines.add(row("accepted", now.accepted(), before.accepted()));
    lines.add(row("rejected", now.rejected(), before.rejected()));
    codes(lines, RejectionReason.values());
    lines.add(row("dead-lettered", now.deadLettered(), before.deadLettered()));
    codes(lines, DeadLetterCode.values());
    lines.add(format("%-24s %,12d", "waiting for verdict", now.sent() - now.answered()));
    lines.add(format("%-24s  %s", "latency, last second", ms(second)));
    lines.add(format("%-24s  %s", "latency since warm-up", ms(all)));
    return lines;
  }

  /** For a file or a pipe. */
  String line() {
    return format(
        "%4d s  sent %,d (%,.0f/s)  accepted %,d  rejected %,d  dead-lettered %,d  waiting %,d "
            + " committed %s",
        elapsed.toSeconds(),
        now.sent(),
        (now.sent() - before.sent()) / interval,
        now.accepted(),
        now.rejected(),
        now.deadLettered(),
        now.sent() - now.answered(),
        ms(second));
  }

  private String time() {
    return elapsed.compareTo(length) < 0
        ? format("%d of %d s", elapsed.toSeconds(), length.toSeconds())
        : format("%d s, catching up", elapsed.toSeconds());
  }

  private String row(String name, long total, long previous) {
    return format("%-24s %,12d %,9.0f", name, total, (total - previous) / interval);
  }

  private void codes(List<String> lines, Enum<?>[] codes) {
    for (Enum<?> code : codes) {
      long total = now.total(Stream.of(code));
      if (total > 0) {
        lines.add(row("  " + code.name(), total, before.total(Stream.of(code))));
      }
    }
  }

  private static String ms(Histogram micros) {
    if (micros.getTotalCount() == 0) {
      return "none";
    }
    return format(
        "p50 %,.0f ms  p99 %,.0f ms",
        micros.getValueAtPercentile(50) / 1000.0, micros.getValueAtPercentile(99) / 1000.0);
  }

  private static String format(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }
}
