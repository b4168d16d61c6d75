package io.turnstile.clients;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/**
 * Output of a long command: lines that stay, and at the bottom of a terminal a few that are redrawn
 * in place. Shows nothing more once the process is ending. Thread-safe.
 */
public final class Screen {

  private final PrintWriter out;
  private final boolean terminal;
  private final Duration plainInterval;
  private long plainNanos;
  private List<String> live = List.of();

  /**
   * @param terminal true if there is one that understands ANSI sequences
   */
  public Screen(PrintWriter out, boolean terminal) {
    this(out, terminal, Duration.ZERO);
  }

  /**
   * @param terminal true if there is one that understands ANSI sequences
   * @param plainInterval least time between two live lines where there is no terminal
   */
  public Screen(PrintWriter out, boolean terminal, Duration plainInterval) {
    this.out = out;
    this.terminal = terminal;
    this.plainInterval = plainInterval;
    plainNanos = System.nanoTime() - plainInterval.toNanos();
  }

  /** The standard output, of which the launcher says whether it is a terminal. */
  public static Screen of(PrintWriter out) {
    return new Screen(out, Boolean.getBoolean("turnstile.terminal"));
  }

  /** Prints a line that stays. */
  public synchronized void line(String format, Object... arguments) {
    erase();
    print(String.format(Locale.ROOT, format, arguments));
    draw();
  }

  /**
   * Redraws the lines at the bottom.
   *
   * @param plain printed instead where there is no terminal, if it is time for it
   */
  public synchronized void live(List<String> lines, String plain) {
    if (!terminal) {
      long now = System.nanoTime();
      if (now - plainNanos >= plainInterval.toNanos()) {
        plainNanos = now;
        print(plain);
        out.flush();
      }
      return;
    }
    erase();
    live = List.copyOf(lines);
    draw();
  }

  /** Lets the lines at the bottom stay as they are. */
  public synchronized void settle() {
    live = List.of();
  }

  /** Does a part of the work; prints its name and the time it took. */
  public <T> T step(String what, Callable<T> work) throws Exception {
    long start = System.nanoTime();
    live(List.of(what + " …"), what + " …");
    try {
      T result = work.call();
      clear();
      line("%-44s %5.1f s", what, (System.nanoTime() - start) / 1e9);
      return result;
    } catch (Exception e) {
      clear();
      line("%-44s failed", what);
      throw e;
    }
  }

  private synchronized void clear() {
    erase();
    live = List.of();
  }

  private void print(String line) {
    if (!Shutdown.inProgress()) {
      out.println(line);
    }
  }

  private void erase() {
    if (!live.isEmpty() && !Shutdown.inProgress()) {
      out.print("\u001b[" + live.size() + "A\u001b[J");
    }
  }

  private void draw() {
    live.forEach(this::print);
    out.flush();
  }
}
