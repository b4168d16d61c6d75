package io.turnstile.bench.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.turnstile.audit.AuditReport;
import io.turnstile.bench.engine.Engines;
import io.turnstile.bench.local.LocalDeploymentOptions;
import io.turnstile.bench.result.Latency.LatencySummary;
import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.RunResult.FaultResult;
import io.turnstile.bench.run.Benchmark.RunSetup;
import io.turnstile.bench.run.EngineRun;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.bench.scenario.Scenario.PlannedFault;
import io.turnstile.bench.scenario.Scenarios;
import io.turnstile.clients.JobRejectedException;
import io.turnstile.clients.JsonFiles;
import io.turnstile.clients.OptionSources;
import io.turnstile.clients.Screen;
import io.turnstile.simulator.EventSource;
import io.turnstile.simulator.Replay;
import io.turnstile.simulator.SimulationSummary;
import io.turnstile.simulator.command.ReplayOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** Runs the scenario {@code demo} and shows it: real Kafka, real Flink, a fault, the proof. */
@Command(
    name = "demo",
    description = {
      "Start Kafka, Flink and the job, send transactions of every kind, kill the TaskManager on",
      "the way, and end with the audit. Exit code 0 only if it holds. Leaves nothing running."
    })
public final class DemoCommand implements Callable<Integer> {

  /** To the gateway; each waits for one answer at a time. */
  private static final int CONNECTIONS = 1_000;

  @Spec private CommandSpec spec;

  @Mixin private LocalDeploymentOptions deployment;

  @Option(
      names = "--duration",
      paramLabel = "DURATION",
      defaultValue = "60s",
      description = "How long to send (default: ${DEFAULT-VALUE}); not with --replay.")
  private Duration duration;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Transactions per second (default: ${DEFAULT-VALUE}).")
  private double rate;

  @Option(
      names = "--replay",
      paramLabel = "FILE",
      description = "Send all of this CSV file of the UCI Online Retail data sets; .gz is fine.")
  private Path replay;

  @Mixin private ReplayOptions replayOptions;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "The same seed makes the same transactions (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--no-kill",
      fallbackValue = OptionSources.ON,
      description = "Do not kill the TaskManager.")
  private boolean noKill;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Write audit.json, demo.json and the ledger there.")
  private Path out;

  @Override
  public Integer call() throws Exception {
    validate();
    if (out != null) {
      Files.createDirectories(out);
      Files.deleteIfExists(out.resolve("ledger.csv"));
      Files.deleteIfExists(out.resolve("answers.jsonl"));
    }
    Optional<Replay> source = source();
    Scenario fitted =
        fitted(
            Scenarios.shipped(Engines.names()).named("demo"),
            source.map(this::length).orElse(duration),
            rate,
            seed,
            deployment.lanes(),
            !noKill);
    Scenario scenario =
        deployment.hasGateway()
            ? fitted.withLoad(fitted.load().withConnections(CONNECTIONS))
            : fitted;
    Screen screen = Screen.of(spec.commandLine().getOut());
    EngineRun run =
        new EngineRun(
            new RunSetup(
                scenario,
                deployment.engine(testbed -> {}),
                1,
                Path.of("demo"),
                "./turnstile "
                    + String.join(" ", spec.commandLine().getParseResult().originalArgs()),
                false,
                source.map(EventSource.class::cast),
                Optional.ofNullable(out).map(directory -> directory.resolve("ledger.csv"))),
            new DemoView(screen, scenario.load()));
    RunResult result = run.run();
    screen.settle();
    if (run.failure().orElse(null) instanceof JobRejectedException e) {
      throw new ParameterException(
          spec.commandLine(), "the job was not accepted: " + e.getMessage(), e);
    }
    DemoSummary summary =
        new DemoSummary(
            result, run.audit(), run.sent(), LatencySummary.ofMicros(run.undisturbed()));
    summary.lines().forEach(line -> screen.line("%s", line));
    if (out != null) {
      summary.write(out);
      String ledger = deployment.hasGateway() ? "answers.jsonl" : "ledger.csv";
      String files = run.audit().isPresent() ? "audit.json, demo.json, " + ledger : "demo.json";
      screen.line("Written to %s: %s", out, files);
    }
    return summary.passed() ? spec.exitCodeOnSuccess() : spec.exitCodeOnExecutionException();
  }

  private void validate() {
    ParseResult given = spec.commandLine().getParseResult();
    require(
        replay == null || !given.hasMatchedOption("--duration"),
        "--replay sends the whole file, it takes no --duration");
    require(replay == null || Files.isReadable(replay), replay + " cannot be read");
    require(
        replay != null || !replayOptions.isGiven(),
        "--charset, --date-format and --decimal-separator are for --replay");
    require(rate > 0 && Double.isFinite(rate), "--rate must be above 0, not " + rate);
    require(!duration.isZero(), "--duration must be above 0");
  }

  private void require(boolean holds, String message) {
    if (!holds) {
      throw new ParameterException(spec.commandLine(), message);
    }
  }

  /** Before anything is started: a file that cannot be understood is wrong usage. */
  private Optional<Replay> source() throws IOException {
    try {
      return replay == null ? Optional.empty() : Optional.of(replayOptions.open(replay));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private Duration length(Replay source) {
    return Duration.ofMillis((long) Math.ceil(Math.max(1, source.size()) / rate * 1000));
  }

  /**
   * Returns the scenario at the length, warm-up included, and the rate that the user wants. The
   * faults keep their place on the way; a fifth, 10 s at most, is left out of the latency.
   */
  static Scenario fitted(
      Scenario scenario, Duration length, double rate, long seed, int lanes, boolean faults) {
    LoadProfile load = scenario.load();
    Duration planned = load.warmUp().plus(load.length());
    Duration warmUp = Collections.min(List.of(length.dividedBy(5), Duration.ofSeconds(10)));
    List<PlannedFault> moved = new ArrayList<>();
    for (PlannedFault fault : faults ? scenario.faults() : List.<PlannedFault>of()) {
      long way = load.warmUp().plus(fault.at()).toMillis();
      Duration at = length.multipliedBy(way).dividedBy(planned.toMillis());
      moved.add(new PlannedFault(at.minus(warmUp), fault.fault(), fault.length(), fault.to()));
    }
    return scenario
        .withLoad(
            load.lasting(length.minus(warmUp)).withWarmUp(warmUp).peakingAt(rate).withSeed(seed))
        .withFaults(moved)
        .withEngine(scenario.engine().withLanes(lanes));
  }

  /**
   * The outcome of a demo, for people and as JSON; undisturbed is outside of fault and recovery.
   */
  record DemoSummary(
      RunResult result,
      Optional<AuditReport> audit,
      Optional<SimulationSummary> sent,
      LatencySummary undisturbed) {

    /** Tells whether the audit holds and everything was sent, however fast. */
    boolean passed() {
      return result.sound();
    }

    List<String> lines() {
      List<String> lines = new ArrayList<>(List.of(""));
      audit.ifPresent(found -> found.toText(10).lines().forEach(lines::add));
      if (result.failure() != null) {
        lines.add("FAIL: " + result.failure());
      }
      if (!passed()) {
        // Of a run that passed they say what a kill does to checkpoints.
        result.notes().forEach(note -> lines.add("note: " + note));
      }
      long unanswered = sent.map(SimulationSummary::unanswered).orElse(0L);
      if (unanswered > 0) {
        String late = "note: %,d retryable rejections did not come in time to be sent again";
        lines.add(format(late, unanswered));
      }
      double warmUp = result.load().warmupS();
      lines.add("");
      lines.add(
          format(
              "Committed latency, from intended send time to the poll that gave the verdict, after a"
                  + " warm-up of %.0f s:",
              warmUp));
      if (result.faults().isEmpty()) {
        lines.add("  " + percentiles(result.latencyMs().committed()));
      } else {
        lines.add(
            "  the kill included              " + percentiles(result.latencyMs().committed()));
        lines.add("  without the time to catch up   " + percentiles(undisturbed));
      }
      for (FaultResult fault : result.faults()) {
        Double first = fault.firstVerdictAfterS();
        Double caughtUp = fault.caughtUpAfterS();
        lines.add(
            format(
                "TaskManager killed at %.1f s: first verdict of a later transaction after %s, %s.",
                warmUp + fault.atS(),
                first == null ? "never" : format("%.1f s", first),
                caughtUp == null
                    ? "not caught up before the end"
                    : format("caught up after %.1f s", caughtUp)));
        if (!fault.stagesAfterS().isEmpty()) {
          lines.add(
              fault.stagesAfterS().entrySet().stream()
                  .map(stage -> format("%s %.1f", stage.getKey(), stage.getValue()))
                  .collect(Collectors.joining(", ", "  after the kill, in seconds: ", "")));
        }
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

    /** Writes {@code audit.json}, and {@code demo.json}: a benchmark's result with the audit. */
    void write(Path directory) throws IOException {
      ObjectNode json = ResultFile.toTree(result);
      json.put("passed", passed());
      if (audit.isPresent()) {
        Files.writeString(directory.resolve("audit.json"), audit.get().toJson());
        json.set("audit", new ObjectMapper().readTree(audit.get().toJson()));
      }
      if (!result.faults().isEmpty()) {
        json.withObject("latency_ms")
            .set("committed_without_fault", ResultFile.toTree(undisturbed));
      }
      JsonFiles.write(directory.resolve("demo.json"), json);
    }
  }
}
