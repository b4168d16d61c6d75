package io.turnstile.bench.run;

import io.turnstile.bench.engine.Engine;
import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.simulator.EventSource;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Does runs and writes each result as soon as it is there. When the JVM is told to end, what the
 * current run has measured is written as well.
 */
public final class Benchmark {

  private Benchmark() {}

  /**
   * The run to be made.
   *
   * @param repeat from 1
   * @param directory of all results
   * @param command that makes this, for the result
   * @param profiled true to have the processes profiled while they are measured
   * @param source sent in place of the scenario's own transactions
   * @param ledger file of what is expected, kept; empty if it need not be
   */
  public record RunSetup(
      Scenario scenario,
      Engine engine,
      int repeat,
      Path directory,
      String command,
      boolean profiled,
      Optional<EventSource> source,
      Optional<Path> ledger) {

    /** Returns the directory of the result and of what lies beside it. */
    Path resultDirectory() {
      return ResultFile.directory(directory, scenario.name(), engine.name(), repeat);
    }
  }

  /**
   * Plans runs of scenarios on engines. The engines take turns within a scenario, so that a machine
   * that is slow for a while is slow for all of them.
   *
   * @param repeats how often each scenario runs on each engine
   * @see RunSetup for the other parameters
   */
  public static List<RunSetup> plan(
      List<Scenario> scenarios,
      List<Engine> engines,
      int repeats,
      Path directory,
      String command,
      boolean profiled) {
    List<RunSetup> plan = new ArrayList<>();
    for (Scenario scenario : scenarios) {
      for (int repeat = 1; repeat <= repeats; repeat++) {
        for (Engine engine : engines) {
          plan.add(
              new RunSetup(
                  scenario,
                  engine,
                  repeat,
                  directory,
                  command,
                  profiled,
                  Optional.empty(),
                  Optional.empty()));
        }
      }
    }
    return List.copyOf(plan);
  }

  /** Does all runs and returns their results, in order; fails if one cannot be written. */
  public static List<RunResult> run(List<RunSetup> plan, Progress progress)
      throws IOException, InterruptedException {
    List<RunResult> results = new ArrayList<>();
    for (int i = 0; i < plan.size(); i++) {
      RunSetup setup = plan.get(i);
      progress.begin(
          "%s on %s (%d)".formatted(setup.scenario().name(), setup.engine().name(), setup.repeat()),
          plan.subList(i, plan.size()).stream()
              .map(planned -> EngineRun.estimate(planned.scenario()))
              .reduce(Duration.ZERO, Duration::plus));
      RunResult result = run(setup, progress);
      results.add(result);
      progress.show(result);
    }
    return results;
  }

  private static RunResult run(RunSetup setup, Progress progress)
      throws IOException, InterruptedException {
    EngineRun run = new EngineRun(setup, progress);
    Thread atExit =
        new Thread(
            () -> writeInterrupted(run, setup.directory(), progress), "write-interrupted-run");
    Runtime.getRuntime().addShutdownHook(atExit);
    RunResult result = run.run();
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      throw new InterruptedException("the JVM is ending");
    }
    ResultFile.write(setup.directory(), result);
    return result;
  }

  private static void writeInterrupted(EngineRun run, Path directory, Progress progress) {
    try {
      Path file = ResultFile.write(directory, run.interrupted());
      progress.line("interrupted; what was measured is in %s", file);
    } catch (IOException e) {
      progress.line("interrupted; what was measured could not be written: %s", e.getMessage());
    }
  }
}
