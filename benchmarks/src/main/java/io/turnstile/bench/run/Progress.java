package io.turnstile.bench.run;

import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.Latency.LatencySummary;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.RunResult.FaultResult;
import io.turnstile.bench.result.RunResult.Objective;
import io.turnstile.bench.result.RunResult.ProcessResources;
import io.turnstile.bench.result.RunResult.RateStep;
import io.turnstile.bench.result.RunResult.ScenarioMetric;
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

  /** A terminal has to understand ANSI sequences. */
  public Progress(PrintWriter out, boolean terminal) {
    this.screen = new Screen(out, terminal, PLAIN_INTERVAL);
    this.terminal = terminal;
  }

  /** Begins a run; all runs that are still to be done take so long, about. */
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
    String state = String.format(Locale.ROOT, format, arguments);
    String line = "%s: %s; about %d:%02d left".formatted(title, state, seconds / 60, seconds % 60);
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

  /** Prints a result in a few lines. */
  void show(RunResult result) {
    LatencySummary latency = result.latencyMs().committed();
    line(
        "%s  %s on %s (%d)",
        result.passed() ? "PASS" : "FAIL", result.scenario(), result.engine(), result.repeat());
    if (result.failure() != null) {
      line("  %s", result.failure());
    }
    line(
        "  committed p50 %.1f  p95 %.1f  p99 %.1f  p99.9 %.1f  max %.0f ms",
        latency.p50(), latency.p95(), latency.p99(), latency.p999(), latency.max());
    line(
        "  %,.0f/s; %.0f s after %.0f s of warm-up",
        result.throughput().meanPerS(), result.load().measuredS(), result.load().warmupS());
    if (result.steadyAfterS() != null) {
      line("  steady after %.0f s", result.steadyAfterS());
    }
    for (RateStep step : result.search()) {
      line(
          "  %,8.0f/s  p99 %6.1f ms  %s",
          step.offeredPerS(), step.p99Ms(), step.held() ? "held" : "not held");
    }
    for (ScenarioMetric metric : result.figures()) {
      line("  %s: %,.1f %s", metric.name(), metric.value(), metric.unit());
    }
    for (FaultResult fault : result.faults()) {
      line(
          "  %s at %.0f s: first verdict after %s, caught up after %s",
          fault.fault(),
          fault.atS(),
          seconds(fault.firstVerdictAfterS()),
          seconds(fault.caughtUpAfterS()));
    }
    for (ProcessResources process : result.resources()) {
      line(
          "  %-14s %.2f cores, of that compilers %s, %,.0f MB, longest GC pause %s ms",
          process.process(),
          process.cpuCoresMean(),
          rounded(process.jitCoresMean(), 2),
          process.rssMaxMb(),
          rounded(process.gcPauseMaxMs(), 1));
    }
    AuditResult audit = result.audit();
    if (audit != null) {
      line(
          "  audit: %,d inputs, %,d missing, %,d doubled, %,d wrong",
          audit.inputs(),
          audit.missing() + audit.inFlight(),
          audit.duplicated() + audit.acceptedTwice(),
          audit.wrong() + audit.misrouted());
    }
    for (Objective objective : result.objectives()) {
      if (!objective.met()) {
        line(
            "  %s: %s %s, is %s",
            objective.goal() ? "goal not met" : "not met",
            objective.name(),
            objective.target(),
            objective.actual() == null ? "unknown" : objective.actual());
      }
    }
    result.notes().forEach(note -> line("  note: %s", note));
  }

  private static String rounded(Double value, int decimals) {
    return value == null ? "?" : String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  private static String seconds(Double value) {
    return value == null ? "never" : String.format(Locale.ROOT, "%.1f s", value);
  }
}
