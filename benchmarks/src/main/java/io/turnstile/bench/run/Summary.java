package io.turnstile.bench.run;

import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.FaultResult;
import io.turnstile.bench.result.LatencySummary;
import io.turnstile.bench.result.Objective;
import io.turnstile.bench.result.ProcessResources;
import io.turnstile.bench.result.RateStep;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.ScenarioMetric;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A result in a few lines. */
final class Summary {

  private final RunResult result;
  private final List<String> lines = new ArrayList<>();

  Summary(RunResult result) {
    this.result = result;
  }

  List<String> lines() {
    LatencySummary latency = result.latencyMs().committed();
    line(
        "%s  %s on %s (%d)",
        result.passed() ? "PASS" : "FAIL", result.scenario(), result.engine(), result.repeat());
    if (result.failure() != null) {
      line("  %s", result.failure());
    }
    line(
        "  committed p50 %.1f  p95 %.1f  p99 %.1f  p99.9 %.1f  max %.0f ms; %,.0f/s;"
            + " %.0f s after %.0f s of warm-up",
        latency.p50(),
        latency.p95(),
        latency.p99(),
        latency.p999(),
        latency.max(),
        result.throughput().meanPerS(),
        result.load().measuredS(),
        result.load().warmupS());
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
          "  %-14s %.2f cores, %,.0f MB, longest GC pause %s ms",
          process.process(),
          process.cpuCoresMean(),
          process.rssMaxMb(),
          process.gcPauseMaxMs() == null
              ? "?"
              : String.format(Locale.ROOT, "%.1f", process.gcPauseMaxMs()));
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
    return lines;
  }

  private void line(String format, Object... arguments) {
    lines.add(String.format(Locale.ROOT, format, arguments));
  }

  private static String seconds(Double value) {
    return value == null ? "never" : String.format(Locale.ROOT, "%.1f s", value);
  }
}
