package io.turnstile.bench;

import io.turnstile.bench.engine.Engine;
import io.turnstile.bench.engine.Engines;
import io.turnstile.bench.engine.LiveEngine;
import io.turnstile.bench.evaluate.EngineRatios;
import io.turnstile.bench.report.ReportFiles;
import io.turnstile.bench.result.Objective;
import io.turnstile.bench.result.PassCriteria;
import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.run.Benchmark;
import io.turnstile.bench.run.Progress;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.bench.scenario.ScenarioException;
import io.turnstile.bench.scenario.Scenarios;
import io.turnstile.clients.DurationConverter;
import io.turnstile.clients.KafkaOptions;
import io.turnstile.simulator.KafkaConnection;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code bench run}: measures. */
@Command(
    name = "run",
    description = {
      "Runs scenarios, each on its own Kafka and a fresh engine, and audits every verdict.",
      "Several engines take turns. Exit code 0 only if all audits hold and all objectives are met;",
      "of engines beside turnstile, which are there to be compared with, if their audits hold."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class RunCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "1..*",
      paramLabel = "SCENARIO",
      description = "Names, see 'bench list', or files that end in .yaml.")
  private List<String> scenarioNames;

  @Option(
      names = "--engine",
      split = ",",
      paramLabel = "NAME",
      defaultValue = Engines.TURNSTILE,
      description = "Engines, separated by commas (default: ${DEFAULT-VALUE}).")
  private List<String> engineNames;

  @Option(
      names = "--repeat",
      paramLabel = "N",
      defaultValue = "1",
      description = "How often each scenario runs on each engine (default: ${DEFAULT-VALUE}).")
  private int repeats;

  @Option(
      names = "--duration",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      description = "How long to measure, instead of as long as the scenario says.")
  private Duration duration;

  @Option(
      names = "--warm-up",
      paramLabel = "DURATION",
      converter = DurationConverter.class,
      description = "How long to send before, instead of as long as the scenario says.")
  private Duration warmUp;

  @Option(
      names = "--rate",
      paramLabel = "N",
      description = "Transactions per second at the peak, instead of the scenario's.")
  private Double rate;

  @Option(
      names = "--records",
      paramLabel = "N",
      description = "How many records, where the scenario says a number.")
  private Long records;

  @Option(
      names = "--profile",
      description = {
        "Has the engine and its broker profiled for 15 s of each run: flame graphs, in the report too.",
        "That slows them down."
      })
  private boolean profiled;

  @ArgGroup(
      exclusive = false,
      heading =
          "%nA deployment that runs already is measured instead of an engine if its brokers are named."
              + " It gets customers, products and transactions; no faults are inflicted.%n")
  private KafkaOptions kafka;

  @Option(
      names = "--signing-key",
      paramLabel = "FILE",
      description = "Private JWK that the live deployment's tokens are signed with.")
  private Path signingKey;

  @Option(
      names = "--flink",
      paramLabel = "URL",
      description = "The live deployment's Flink, to be asked for checkpoints.")
  private URI flink;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "target/bench",
      description =
          "Gets <scenario>/<engine>-<n>/result.json for every run (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Override
  public Integer call() throws IOException, InterruptedException {
    List<Scenario> scenarios = scenarios();
    List<Engine> engines = engines();
    if (repeats < 1) {
      throw usage("--repeat must be at least 1, not " + repeats);
    }
    if (profiled) {
      requireProfiles(scenarios);
    }
    Files.createDirectories(out);
    Progress progress =
        new Progress(spec.commandLine().getOut(), Boolean.getBoolean("turnstile.terminal"));
    List<RunResult> results =
        new Benchmark(
                scenarios,
                kafka == null ? engines : List.of(live(scenarios)),
                repeats,
                out,
                command(),
                profiled,
                progress)
            .run();
    Map<String, List<Objective>> ratios = EngineRatios.of(results);
    ratios.forEach((scenario, all) -> all.forEach(ratio -> show(scenario, ratio, progress)));
    Path report = out.resolve("report.html");
    ReportFiles.write(ResultFile.readAll(out), List.of(), report);
    progress.line("Results are in %s, the report of all of them is %s", out, report);
    List<Objective> allRatios = ratios.values().stream().flatMap(List::stream).toList();
    return PassCriteria.allPass(results, Engines.TURNSTILE, allRatios)
        ? spec.exitCodeOnSuccess()
        : spec.exitCodeOnExecutionException();
  }

  private static void show(String scenario, Objective ratio, Progress progress) {
    progress.line(
        "%s  %s: %s is %s, %s %s",
        ratio.met() ? "PASS" : ratio.missed() ? "FAIL" : "    ",
        scenario,
        ratio.name(),
        ratio.actual() == null ? "unknown" : ratio.actual(),
        ratio.goal() ? "goal" : "objective",
        ratio.target());
  }

  private List<Scenario> scenarios() throws IOException {
    Scenarios all = Scenarios.shipped(Engines.names());
    List<Scenario> chosen = new ArrayList<>();
    try {
      for (String name : scenarioNames) {
        Scenario scenario = all.named(name);
        chosen.add(scenario.withLoad(adjusted(scenario)));
      }
    } catch (ScenarioException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
    return chosen;
  }

  private void requireProfiles(List<Scenario> scenarios) {
    if (kafka != null) {
      throw usage("--profile is not for a live deployment, which is left alone");
    }
    for (Scenario scenario : scenarios) {
      if (scenario.procedure() == Scenario.Procedure.INVENTORY_EXPORT) {
        throw usage(scenario.name() + " sends no transactions, of which --profile is");
      }
    }
  }

  private Engine live(List<Scenario> scenarios) throws IOException {
    if (signingKey == null || !Files.isReadable(signingKey)) {
      throw usage("--bootstrap-servers needs --signing-key, a file that can be read");
    }
    for (Scenario scenario : scenarios) {
      if (!scenario.faults().isEmpty() || scenario.procedure() == Scenario.Procedure.SATURATION) {
        throw usage(
            scenario.name() + " stops or starts processes; a live deployment is left alone");
      }
    }
    return new LiveEngine(
        new KafkaConnection(kafka.bootstrapServers(), kafka.clientProperties(), kafka.topics()),
        signingKey,
        Optional.ofNullable(flink));
  }

  private LoadProfile adjusted(Scenario scenario) {
    LoadProfile load = scenario.load();
    if (load.stages().isEmpty() && (duration != null || rate != null)) {
      throw usage(scenario.name() + " sends as fast as it can; it takes --records only");
    }
    if (load.records() + load.preload() == 0 && records != null) {
      throw usage(scenario.name() + " has no number of records; it takes --duration and --rate");
    }
    if (duration != null) {
      if (duration.isZero()) {
        throw usage("--duration must be above 0");
      }
      load = load.lasting(duration);
    }
    if (warmUp != null) {
      load = load.warmingUpFor(warmUp);
    }
    if (rate != null) {
      if (!(rate > 0) || rate.isInfinite()) {
        throw usage("--rate must be above 0, not " + rate);
      }
      load = load.peakingAt(rate);
    }
    if (records != null) {
      if (records < 1) {
        throw usage("--records must be at least 1, not " + records);
      }
      load = load.withRecords(records);
    }
    return load;
  }

  private List<Engine> engines() {
    try {
      return engineNames.stream().map(Engines::named).toList();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private String command() {
    return "./turnstile " + String.join(" ", spec.commandLine().getParseResult().originalArgs());
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
