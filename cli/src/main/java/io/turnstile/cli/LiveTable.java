package io.turnstile.cli;

import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.LedgerEntry;
import io.turnstile.events.RejectionReason;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/** How a run goes, second by second: a block for a terminal, or a line. Not thread-safe. */
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
   * @param length how long the run will take
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

  /** For a terminal. */
  List<String> block() {
    return List.of(
        "",
        format("%4d of %d s        Flink: %s", elapsed.toSeconds(), length.toSeconds(), flink),
        format("%-16s %12s %9s", "", "total", "per s"),
        row("sent", now.sent(), before.sent(), ""),
        row("accepted", now.accepted(), before.accepted(), ""),
        row("rejected", now.rejected(), before.rejected(), codes(RejectionReason.values())),
        row(
            "dead-lettered",
            now.deadLettered(),
            before.deadLettered(),
            codes(DeadLetterCode.values())),
        format("%-16s %,12d", "waiting", now.sent() - now.answered()),
        format("%-16s last second %s    since warm-up %s", "committed", ms(second), ms(all)));
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

  private String row(String name, long total, long previous, String detail) {
    return format("%-16s %,12d %,9.0f  %s", name, total, (total - previous) / interval, detail)
        .stripTrailing();
  }

  private String codes(Enum<?>[] codes) {
    return Stream.of(codes)
        .map(code -> Map.entry(code.name(), now.verdicts().getOrDefault(code.name(), 0L)))
        .filter(entry -> entry.getValue() > 0)
        .map(entry -> format("%s %,d", entry.getKey(), entry.getValue()))
        .collect(Collectors.joining("  "));
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
