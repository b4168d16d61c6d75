package io.turnstile.bench.run;

import io.turnstile.clients.Screen;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * Shows the step that a benchmark is at and how long everything will still take. On a terminal the
 * last line is redrawn; elsewhere there is a line every few seconds. Thread-safe.
 */
public final class Progress {

  private static final Duration PLAIN_INTERVAL = Duration.ofSeconds(5);

  private final Screen screen;
  private Duration left = Duration.ZERO;
  private long leftAsOfNanos;

  /**
   * @param terminal true if there is one that understands ANSI sequences
   */
  public Progress(PrintWriter out, boolean terminal) {
    screen = new Screen(out, terminal, PLAIN_INTERVAL);
  }

  /** Sets how long everything that is still to be done will take, about. */
  synchronized void left(Duration duration) {
    left = duration;
    leftAsOfNanos = System.nanoTime();
  }

  /** Prints a line that stays. */
  public void line(String format, Object... arguments) {
    screen.line(format, arguments);
  }

  /** Shows what is being done now. */
  synchronized void live(String format, Object... arguments) {
    Duration rest = left.minusNanos(System.nanoTime() - leftAsOfNanos);
    String line =
        String.format(Locale.ROOT, format, arguments) + "; about " + clock(rest) + " left";
    screen.live(List.of(line), line);
  }

  /** As {@code 1:05}, minutes and seconds. */
  private static String clock(Duration duration) {
    long seconds = Math.max(0, duration.toSeconds());
    return String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60);
  }
}
