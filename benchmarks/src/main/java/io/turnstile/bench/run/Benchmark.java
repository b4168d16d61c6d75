package io.turnstile.bench.run;

import io.turnstile.bench.engine.Engine;
import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.scenario.Scenario;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Runs scenarios on engines, several times if asked to, and writes each result as soon as it is
 * there. When the JVM is told to end, what the current run has measured is written as well.
 */
public final class Benchmark {

  /** One run that is to be done. */
  record Planned(Scenario scenario, Engine engine, int repeat) {}

  private final List<Planned> plan;
  private final Path directory;
  private final String command;
  private final boolean profiled;
  private final Progress progress;

  /**
   * @param repeats how often each scenario runs on each engine
   * @param directory for the results
   * @param command that made this, for the results
   * @param profiled whether to have the processes profiled while they are measured
   */
  public Benchmark(
      List<Scenario> scenarios,
      List<Engine> engines,
      int repeats,
      Path directory,
      String command,
      boolean profiled,
      Progress progress) {
    this.plan = plan(scenarios, engines, repeats);
    this.directory = directory;
    this.command = command;
    this.profiled = profiled;
    this.progress = progress;
  }

  /**
   * The engines take turns within a scenario, so that a machine that is slow for a while is slow
   * for all of them.
   */
  static List<Planned> plan(List<Scenario> scenarios, List<Engine> engines, int repeats) {
    List<Planned> plan = new ArrayList<>();
    for (Scenario scenario : scenarios) {
      for (int repeat = 1; repeat <= repeats; repeat++) {
        for (Engine engine : engines) {
          plan.add(new Planned(scenario, engine, repeat));
        }
      }
    }
    return List.copyOf(plan);
  }

  /**
   * Does all runs.
   *
   * @return their results, in order
   * @throws IOException if a result cannot be written
   */
  public List<RunResult> run() throws IOException, InterruptedException {
    List<RunResult> results = new ArrayList<>();
    for (int i = 0; i < plan.size(); i++) {
      Planned next = plan.get(i);
      RunSetup setup =
          new RunSetup(
              next.scenario(),
              next.engine(),
              next.repeat(),
              directory,
              command,
              profiled,
              Optional.empty(),
              Optional.empty());
      progress.begin(
          setup.title(),
          plan.subList(i, plan.size()).stream()
              .map(planned -> EngineRun.estimate(planned.scenario()))
              .reduce(Duration.ZERO, Duration::plus));
      EngineRun run = new EngineRun(setup, progress);
      RunResult result = run(run);
      results.add(result);
      new Summary(result).lines().forEach(line -> progress.line("%s", line));
    }
    return results;
  }

  private RunResult run(EngineRun run) throws IOException, InterruptedException {
    AtomicBoolean written = new AtomicBoolean();
    Thread atExit =
        new Thread(
            () -> {
              if (written.compareAndSet(false, true)) {
                writeInterrupted(run);
              }
            },
            "write-interrupted-run");
    Runtime.getRuntime().addShutdownHook(atExit);
    RunResult result = run.run();
    if (!written.compareAndSet(false, true)) {
      throw new InterruptedException("the JVM is ending");
    }
    ResultFile.write(directory, result);
    Runtime.getRuntime().removeShutdownHook(atExit);
    return result;
  }

  private void writeInterrupted(EngineRun run) {
    try {
      Path file = ResultFile.write(directory, run.interrupted());
      progress.line("interrupted; what was measured is in %s", file);
    } catch (IOException e) {
      progress.line("interrupted; what was measured could not be written: %s", e.getMessage());
    }
  }
}
