package io.turnstile.bench.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.turnstile.audit.AuditReport;
import io.turnstile.bench.result.FaultResult;
import io.turnstile.bench.result.LatencySummary;
import io.turnstile.bench.result.PassCriteria;
import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.result.RunResult;
import io.turnstile.clients.JsonFiles;
import io.turnstile.simulator.SimulationSummary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The outcome of a demo, for people and as JSON.
 *
 * @param audit empty if the run did not come so far
 * @param sent empty if sending did not end
 * @param undisturbed latency outside of the fault and the recovery from it
 */
record DemoSummary(
    RunResult result,
    Optional<AuditReport> audit,
    Optional<SimulationSummary> sent,
    LatencySummary undisturbed) {

  private static final int VIOLATIONS_SHOWN = 10;

  /** Tells whether the audit holds and everything was sent, however fast. */
  boolean passed() {
    return PassCriteria.isSound(result);
  }

  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add("");
    audit.ifPresent(found -> found.toText(VIOLATIONS_SHOWN).lines().forEach(lines::add));
    if (result.failure() != null) {
      lines.add("FAIL: " + result.failure());
    }
    if (!passed()) {
      // Of a run that passed they say what a kill does to checkpoints.
      result.notes().forEach(note -> lines.add("note: " + note));
    }
    sent.filter(summary -> summary.unanswered() > 0)
        .ifPresent(
            summary ->
                lines.add(
                    format(
                        "note: %,d retryable rejections did not come in time to be sent again",
                        summary.unanswered())));
    lines.add("");
    lines.add(
        format(
            "Committed latency, from intended send time to the poll that gave the verdict, after a"
                + " warm-up of %.0f s:",
            result.load().warmupS()));
    if (result.faults().isEmpty()) {
      lines.add("  " + percentiles(result.latencyMs().committed()));
    } else {
      lines.add("  the kill included              " + percentiles(result.latencyMs().committed()));
      lines.add("  without the time to catch up   " + percentiles(undisturbed));
    }
    for (FaultResult fault : result.faults()) {
      lines.add(
          format(
              "TaskManager killed at %.1f s: first verdict of a later transaction after %s, %s.",
              result.load().warmupS() + fault.atS(),
              fault.firstVerdictAfterS() == null
                  ? "never"
                  : format("%.1f s", fault.firstVerdictAfterS()),
              fault.caughtUpAfterS() == null
                  ? "not caught up before the end"
                  : format("caught up after %.1f s", fault.caughtUpAfterS())));
    }
    return lines;
  }

  private static String percentiles(LatencySummary latency) {
    return format(
        "p50 %,.0f ms   p99 %,.0f ms   (%,d verdicts)",
        latency.p50(), latency.p99(), latency.count());
  }

  private static String format(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }

  /**
   * Writes {@code audit.json}, and {@code demo.json}: the result of a benchmark with all that the
   * audit found, passed if the audit holds.
   */
  void write(Path directory) throws IOException {
    ObjectNode json = ResultFile.toTree(result);
    json.put("passed", passed());
    if (audit.isPresent()) {
      Files.writeString(directory.resolve("audit.json"), audit.get().toJson());
      json.set("audit", new ObjectMapper().readTree(audit.get().toJson()));
    }
    if (!result.faults().isEmpty()) {
      json.withObject("latency_ms").set("committed_without_fault", ResultFile.toTree(undisturbed));
    }
    JsonFiles.write(directory.resolve("demo.json"), json);
  }
}
