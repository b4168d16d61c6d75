package io.turnstile.bench.run;

import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.clients.Screen;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * Shows a benchmark in one line: the run, its state, and how long everything will still take. On a
 * terminal the line is redrawn; elsewhere there is one every few seconds. Thread-safe.
 */
public final class Progress implements RunView {

  private static final Duration PLAIN_INTERVAL = Duration.ofSeconds(5);

  private final Screen screen;
  private final boolean terminal;
  private String title = "";
  private Duration left = Duration.ZERO;
  private long leftAsOfNanos;

  /**
   * @param terminal true for one that understands ANSI sequences
   */
  public Progress(PrintWriter out, boolean terminal) {
    this.screen = new Screen(out, terminal, PLAIN_INTERVAL);
    this.terminal = terminal;
  }

  /**
   * Begins a run.
   *
   * @param title of the run
   * @param duration until everything that is still to be done will be done, about
   */
  synchronized void begin(String title, Duration duration) {
    this.title = title;
    left = duration;
    leftAsOfNanos = System.nanoTime();
  }

  @Override
  public void line(String format, Object... arguments) {
    if (terminal) {
      screen.live(List.of(), "");
    }
    screen.line(format, arguments);
  }

  @Override
  public synchronized void live(String format, Object... arguments) {
    Duration rest = left.minusNanos(System.nanoTime() - leftAsOfNanos);
    long seconds = Math.max(0, rest.toSeconds());
    String line =
        String.format(
            Locale.ROOT,
            "%s: %s; about %d:%02d left",
            title,
            String.format(Locale.ROOT, format, arguments),
            seconds / 60,
            seconds % 60);
    screen.live(List.of(line), line);
  }

  @Override
  public void tick(LatencyRecorder stretch, long sent, long answered) {
    if (!stretch.started()) {
      live("publishing customers and products");
      return;
    }
    Histogram recent = stretch.recent(System.nanoTime());
    live(
        "%d s, sent %,d, verdicts to come %,d, committed p50 %.0f p99 %.0f ms",
        stretch.secondOf(System.nanoTime()),
        sent,
        sent - answered,
        recent.getValueAtPercentile(50) / 1000.0,
        recent.getValueAtPercentile(99) / 1000.0);
  }
}
