package io.turnstile.cli.redrive;

import io.turnstile.events.SourcePosition;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What became of the inputs that were to be sent anew. Not thread-safe. */
final class RedriveReport {

  /** Inputs that the file and the terminal name; all are counted. */
  static final int MAX_NAMED = 10_000;

  private static final int SHOWN = 20;

  /** Reason not to send an input anew. */
  enum Obstacle {
    TOKEN_EXPIRED("the token has expired: only its sender can send it again"),
    TOKEN_NOT_YET_VALID("the token is not valid yet: redrive it later"),
    TOKEN_INVALID("there is no readable token with an expiry in it"),
    UNREADABLE("it is still no transaction"),
    TOO_LARGE("with two headers more it is larger than its topic admits"),
    WINDOW_OVER(
        "it is older than the dedup window: if sent again since, it would be accepted twice"),
    INCOMPLETE("its dead letter lacks some of its headers, and it is no longer in the log"),
    GONE("it is no longer in the log");

    private final String meaning;

    Obstacle(String meaning) {
      this.meaning = meaning;
    }
  }

  /**
   * One input that was not sent.
   *
   * @param origin its position
   * @param code of its verdict
   */
  record Unsent(String origin, String code, Obstacle obstacle, String detail) {}

  /** The report as it is written to a file, in snake case. */
  record Json(
      boolean dryRun,
      long redriven,
      Map<String, Long> redrivenByCode,
      long alreadyRedriven,
      Map<Obstacle, Long> notRedriven,
      List<Unsent> unsent) {}

  private final boolean dryRun;
  private final Map<String, Long> sent = new TreeMap<>();
  private final Map<Obstacle, Long> obstacles = new EnumMap<>(Obstacle.class);
  private final List<Unsent> unsent = new ArrayList<>();
  private long already;

  RedriveReport(boolean dryRun) {
    this.dryRun = dryRun;
  }

  void sent(String code) {
    sent.merge(code, 1L, Long::sum);
  }

  void alreadyRedriven() {
    already++;
  }

  void notSent(SourcePosition origin, String code, Obstacle obstacle, String detail) {
    obstacles.merge(obstacle, 1L, Long::sum);
    if (unsent.size() < MAX_NAMED) {
      unsent.add(new Unsent(origin.toString(), code, obstacle, detail));
    }
  }

  private static long sum(Map<?, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** One line. */
  String progress() {
    return String.format(
        Locale.ROOT, "%,d %s, %,d not", sum(sent), verb(), already + sum(obstacles));
  }

  private String verb() {
    return dryRun ? "to be redriven" : "redriven";
  }

  /** For a terminal. */
  String toText() {
    StringBuilder text = new StringBuilder();
    unsent.stream()
        .limit(SHOWN)
        .forEach(
            each ->
                text.append(
                    "%s  %s  %s: %s%n"
                        .formatted(each.origin(), each.code(), each.obstacle(), each.detail())));
    if (sum(obstacles) > SHOWN) {
      text.append(String.format(Locale.ROOT, "… and %,d more%n", sum(obstacles) - SHOWN));
    }
    line(text, verb(), sum(sent), "");
    sent.forEach((code, count) -> line(text, "  " + code, count, ""));
    line(text, "redriven before", already, "");
    line(text, "cannot pass", sum(obstacles), "");
    obstacles.forEach(
        (obstacle, count) -> line(text, "  " + obstacle, count, "  " + obstacle.meaning));
    return text.toString();
  }

  private static void line(StringBuilder text, String name, long count, String meaning) {
    text.append(String.format(Locale.ROOT, "%-24s %,12d%s%n", name, count, meaning));
  }

  Json json() {
    return new Json(dryRun, sum(sent), sent, already, obstacles, unsent);
  }
}
