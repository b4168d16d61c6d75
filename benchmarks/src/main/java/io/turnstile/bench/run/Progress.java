package io.turnstile.bench.run;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;

/**
 * Says what is being done and how long everything will still take. On a terminal the last line is
 * redrawn; elsewhere there is a line every few seconds. Thread-safe.
 */
public final class Progress {

  private static final Duration PLAIN_INTERVAL = Duration.ofSeconds(5);

  private final PrintWriter out;
  private final boolean terminal;
  private long plainNanos = System.nanoTime() - PLAIN_INTERVAL.toNanos();
  private boolean drawn;
  private Duration left = Duration.ZERO;
  private long leftAsOfNanos;

  /**
   * @param terminal whether there is one that understands ANSI sequences
   */
  public Progress(PrintWriter out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  /** How long everything that is still to be done will take, about. */
  synchronized void left(Duration duration) {
    left = duration;
    leftAsOfNanos = System.nanoTime();
  }

  /** Prints a line that stays. */
  public synchronized void line(String format, Object... arguments) {
    erase();
    out.println(String.format(Locale.ROOT, format, arguments));
    out.flush();
  }

  /** Shows what is going on now. */
  synchronized void live(String format, Object... arguments) {
    Duration rest = left.minusNanos(System.nanoTime() - leftAsOfNanos);
    String line =
        String.format(Locale.ROOT, format, arguments) + "; about " + clock(rest) + " left";
    if (terminal) {
      erase();
      out.print(line);
      drawn = true;
    } else if (System.nanoTime() - plainNanos >= PLAIN_INTERVAL.toNanos()) {
      plainNanos = System.nanoTime();
      out.println(line);
    }
    out.flush();
  }

  /** As {@code 1:05}, minutes and seconds. */
  private static String clock(Duration duration) {
    long seconds = Math.max(0, duration.toSeconds());
    return String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60);
  }

  private void erase() {
    if (drawn) {
      out.print("\r\u001b[K");
      drawn = false;
    }
  }
}
