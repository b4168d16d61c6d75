package io.turnstile.bench.run;

import io.turnstile.bench.engine.Deployment;
import io.turnstile.bench.run.Benchmark.RunSetup;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.testbed.TestbedProcess;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;

/**
 * The parts of a run that its steps share; its threads are interrupted when it ends.
 *
 * @param beside processes of the testbed that run beside the engine, to be sampled; may be added to
 *     by any thread
 */
record RunContext(
    RunSetup setup,
    RunView view,
    Deployment deployment,
    ResultAssembler results,
    ExecutorService threads,
    List<TestbedProcess> beside) {

  /** Nothing runs beside yet. */
  RunContext(
      RunSetup setup,
      RunView view,
      Deployment deployment,
      ResultAssembler results,
      ExecutorService threads) {
    this(setup, view, deployment, results, threads, new CopyOnWriteArrayList<>());
  }

  Scenario scenario() {
    return setup.scenario();
  }
}
