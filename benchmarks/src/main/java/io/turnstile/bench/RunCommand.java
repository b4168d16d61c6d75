package io.turnstile.bench;

import io.turnstile.bench.engine.Engine;
import io.turnstile.bench.engine.Engines;
import io.turnstile.bench.engine.LiveEngine;
import io.turnstile.bench.evaluate.EngineRatios;
import io.turnstile.bench.report.ReportFiles;
import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.RunResult.Objective;
import io.turnstile.bench.run.Benchmark;
import io.turnstile.bench.run.Progress;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.bench.scenario.ScenarioException;
import io.turnstile.bench.scenario.Scenarios;
import io.turnstile.clients.CarriedFieldOptions;
import io.turnstile.clients.FlinkLoginOptions;
import io.turnstile.clients.KafkaOptions;
import io.turnstile.clients.OptionSources;
import io.turnstile.clients.ReferenceOptions;
import io.turnstile.clients.TokenClaimOptions;
import io.turnstile.clients.postgresql.PostgresqlOptions;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.testbed.JobAdditions;
import java.io.IOException;
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
import picocli.CommandLine.Mixin;
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
      "of engines beside turnstile, which are there to be compared with, if their audits hold.",
      "--duration, --warm-up, --rate and --records replace what the scenario says."
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

  @Option(names = "--duration", paramLabel = "DURATION", description = "How long to measure.")
  private Duration duration;

  @Option(names = "--warm-up", paramLabel = "DURATION", description = "How long to send before.")
  private Duration warmUp;

  @Option(names = "--rate", paramLabel = "N", description = "Transactions per second at the peak.")
  private Double rate;

  @Option(names = "--records", paramLabel = "N", description = "Records, where it has a number.")
  private Long records;

  @Option(
      names = "--profile",
      fallbackValue = OptionSources.ON,
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

  @Mixin private TokenClaimOptions tokenClaims;

  @Mixin private PostgresqlOptions database;

  @Mixin private ReferenceOptions references;

  @Mixin private CarriedFieldOptions carried;

  @Option(names = "--flink", paramLabel = "URL", description = "Live Flink, for its checkpoints.")
  private String flink;

  @Mixin private FlinkLoginOptions flinkLogin;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "target/bench",
      description =
          "Gets <scenario>/<engine>-<n>/result.json for every run (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Override
  public Integer call() throws IOException, InterruptedException {
    requireAbove0("--repeat", repeats);
    requireAbove0("--duration", duration == null ? null : duration.toNanos());
    requireAbove0("--rate", rate);
    requireAbove0("--records", records);
    database.requireUsable(spec.commandLine());
    List<Scenario> scenarios = new ArrayList<>();
    List<Engine> engines;
    try {
      Scenarios all = Scenarios.shipped(Engines.names());
      for (String name : scenarioNames) {
        scenarios.add(adjusted(all.named(name)));
      }
      engines = engineNames.stream().map(Engines::named).toList();
    } catch (ScenarioException | IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
    Files.createDirectories(out);
    Progress progress =
        new Progress(spec.commandLine().getOut(), Boolean.getBoolean("turnstile.terminal"));
    engines = kafka == null ? engines : List.of(live());
    List<String> arguments = spec.commandLine().getParseResult().originalArgs();
    String command =
        "./turnstile " + String.join(" ", FlinkLoginOptions.withoutPassword(arguments));
    List<RunResult> results =
        Benchmark.run(
            Benchmark.plan(scenarios, engines, repeats, out, command, profiled), progress);
    Map<String, List<Objective>> ratios = EngineRatios.of(results);
    ratios.forEach((scenario, all) -> all.forEach(ratio -> show(scenario, ratio, progress)));
    Path report = out.resolve("report.html");
    ReportFiles.write(ResultFile.readAll(out), List.of(), report);
    progress.line("Results are in %s, the report of all of them is %s", out, report);
    List<Objective> allRatios = ratios.values().stream().flatMap(List::stream).toList();
    return RunResult.allPass(results, Engines.TURNSTILE, allRatios)
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

  private Engine live() throws IOException {
    if (profiled) {
      throw usage("--profile is not for a live deployment, which is left alone");
    }
    if (signingKey == null || !Files.isReadable(signingKey)) {
      throw usage("--bootstrap-servers needs --signing-key, a file that can be read");
    }
    return new LiveEngine(
        KafkaConnection.of(kafka).withVerdictsIn(database.sourceIfGiven()),
        signingKey,
        tokenClaims.claims(),
        additions(),
        Optional.ofNullable(flink).map(url -> flinkLogin.connect(spec.commandLine(), url)));
  }

  private JobAdditions additions() {
    try {
      return new JobAdditions(references.references(kafka), carried.carriedFields());
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }

  /** Changes the scenario as the options say, and checks whether these are for it. */
  private Scenario adjusted(Scenario scenario) {
    LoadProfile load = scenario.load();
    if (load.stages().isEmpty() && (duration != null || rate != null)) {
      throw usage(scenario.name() + " sends as fast as it can; it takes --records only");
    }
    if (load.records() + load.preload() == 0 && records != null) {
      throw usage(scenario.name() + " has no number of records; it takes --duration and --rate");
    }
    if (profiled && scenario.procedure() == Scenario.Procedure.INVENTORY_EXPORT) {
      throw usage(scenario.name() + " sends no transactions, of which --profile is");
    }
    boolean stops =
        !scenario.faults().isEmpty()
            || scenario.procedure() == Scenario.Procedure.SATURATION
            || scenario.procedure() == Scenario.Procedure.FEEDS
            || load.isOverHttp();
    if (kafka != null && stops) {
      throw usage(scenario.name() + " stops or starts processes; a live deployment is left alone");
    }
    if (duration != null) {
      load = load.lasting(duration);
    }
    if (warmUp != null) {
      load = load.withWarmUp(warmUp);
    }
    if (rate != null) {
      load = load.peakingAt(rate);
    }
    return scenario.withLoad(records == null ? load : load.sending(records));
  }

  private void requireAbove0(String option, Number value) {
    if (value != null && !(value.doubleValue() > 0 && Double.isFinite(value.doubleValue()))) {
      throw usage(option + " must be above 0, not " + value);
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
