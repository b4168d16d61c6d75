package io.turnstile.cli;

import io.turnstile.feeds.FeedHealth;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Text of a {@link Health} for a terminal, and for a file or a pipe. */
final class HealthTable {

  /** Longer lines would be wrapped, and redrawing would leave parts of them. */
  private static final int WIDTH = 80;

  private HealthTable() {}

  /** For a terminal. */
  static List<String> block(Health health) {
    List<String> lines = new ArrayList<>();
    lines.add("");
    lines.add(row("job", "%s, %d restarts", known(health.job()), health.restarts()));
    lines.add(row("newest checkpoint", "%s", checkpoint(health)));
    lines.add(row("transactions read", "%s", inputs(health)));
    lines.add(row("unread, at most", "%s", unread(health)));
    lines.add(row("verdicts", "%,.0f/s", health.perSecond(health.decided())));
    health
        .verdicts()
        .forEach(
            (code, count) -> {
              if (count > 0) {
                lines.add(row("  " + code, "%,.0f/s", health.perSecond(count)));
              }
            });
    for (ReferenceFeed feed : health.references()) {
      lines.add(row(feed.name(), "%s", feed.progress()));
      feed.malformed()
          .forEach((reason, count) -> lines.add(row("  " + reason, "%,d malformed", count)));
    }
    for (FeedHealth feed : health.feeds()) {
      lines.add(row("feed " + feed.name(), "%s", progress(feed)));
    }
    lines.add(row("committed latency", "%s", latency(health)));
    for (String problem : health.problems()) {
      lines.add(row("PROBLEM", "%s", problem));
    }
    return lines;
  }

  /** For a file or a pipe. */
  static String line(Health health) {
    return String.format(
        Locale.ROOT,
        "%s  job %s  restarts %d  checkpoint %s  read %s  unread at most %s  verdicts %,.0f/s%s  committed %s%s%s",
        health.at(),
        known(health.job()),
        health.restarts(),
        checkpoint(health),
        inputs(health),
        unread(health),
        health.perSecond(health.decided()),
        references(health),
        latency(health),
        feeds(health),
        health.isWell() ? "" : "  PROBLEM " + String.join("; ", health.problems()));
  }

  private static String row(String name, String format, Object... arguments) {
    String line =
        String.format(Locale.ROOT, "%-24s ", name) + String.format(Locale.ROOT, format, arguments);
    return line.length() <= WIDTH ? line : line.substring(0, WIDTH - 1) + "…";
  }

  private static String checkpoint(Health health) {
    return health.checkpointAge() == null
        ? "none"
        : String.format(Locale.ROOT, "%.1f s ago", health.checkpointAge().toMillis() / 1000.0);
  }

  private static String inputs(Health health) {
    return health.inputs() == null
        ? "unknown"
        : String.format(Locale.ROOT, "%,.0f/s", health.perSecond(health.inputs()));
  }

  private static String unread(Health health) {
    return health.unread() == null ? "unknown" : String.format(Locale.ROOT, "%,d", health.unread());
  }

  private static String references(Health health) {
    return health.references().stream()
        .map(feed -> "  " + feed.name() + " (" + feed.describe() + ")")
        .collect(Collectors.joining());
  }

  private static String feeds(Health health) {
    return health.feeds().stream()
        .map(feed -> "  feed " + feed.name() + " (" + progress(feed) + ")")
        .collect(Collectors.joining());
  }

  private static String progress(FeedHealth feed) {
    return (feed.sinceSync() == null
            ? "never synced"
            : String.format(Locale.ROOT, "synced %,d s ago", feed.sinceSync().toSeconds()))
        + (feed.failing() == null
            ? ""
            : String.format(Locale.ROOT, ", failing for %,d s", feed.failing().toSeconds()));
  }

  private static String latency(Health health) {
    return health.latency() == null
        ? "not measured"
        : String.format(Locale.ROOT, "%.1f ms", health.latency().toNanos() / 1e6);
  }

  private static String known(String state) {
    return state == null ? "unknown" : state;
  }
}
