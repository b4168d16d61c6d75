package io.turnstile.bench.run;

import io.turnstile.bench.engine.Deployment;
import io.turnstile.bench.run.Benchmark.RunSetup;
import io.turnstile.bench.scenario.Scenario;
import java.util.concurrent.ExecutorService;

/** The parts of a run that its steps share; its threads are interrupted when it ends. */
record RunContext(
    RunSetup setup,
    RunView view,
    Deployment deployment,
    ResultAssembler results,
    ExecutorService threads) {

  Scenario scenario() {
    return setup.scenario();
  }
}
