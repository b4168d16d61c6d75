package io.turnstile.bench.run;

import io.turnstile.bench.engine.Deployment;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.measure.VerdictProbe;
import io.turnstile.simulator.Simulation;
import io.turnstile.simulator.SimulationSummary;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** The session of a run on a deployment: real sends, real verdicts. */
final class EngineSession implements RunSession {

  private final RunSetup setup;
  private final RunView view;
  private final ResultAssembler results;
  private final ExecutorService threads;
  private final Deployment deployment;
  private final VerdictProbe probe;
  private final Sender sender;
  private RunningEngine running;
  private RunMonitor monitor;

  EngineSession(
      RunSetup setup,
      RunView view,
      ResultAssembler results,
      ExecutorService threads,
      Deployment deployment,
      VerdictProbe probe,
      Sender sender) {
    this.setup = setup;
    this.view = view;
    this.results = results;
    this.threads = threads;
    this.deployment = deployment;
    this.probe = probe;
    this.sender = sender;
  }

  /** Takes the engine, which runs now. */
  void started(RunningEngine engine) {
    running = engine;
    monitor =
        new RunMonitor(this::pids, engine, probe, results.resources(), results.checkpoints(), view);
    results.engine(
        EnvironmentProbe.environment(
            engine.flinkJob().map(job -> job.flink().version()).orElse(null), deployment.kind()),
        new LinkedHashMap<>(engine.settings()));
    view.started(deployment, engine);
  }

  Map<String, Long> pids() {
    return deployment.pids(engine());
  }

  @Override
  public RunSetup setup() {
    return setup;
  }

  @Override
  public RunView view() {
    return view;
  }

  @Override
  public Deployment deployment() {
    return deployment;
  }

  @Override
  public RunningEngine engine() {
    if (running == null) {
      throw new IllegalStateException("the engine does not run yet");
    }
    return running;
  }

  @Override
  public ResultAssembler results() {
    return results;
  }

  @Override
  public void fill(Load load) throws Exception {
    Future<SimulationSummary> sending = threads.submit(sender.send(load)::run);
    while (!sending.isDone()) {
      view.live("filling the topic, %,d", probe.sent());
      TimeUnit.MILLISECONDS.sleep(100);
    }
    allSent(get(sending));
  }

  @Override
  public void send(Load load, LatencyRecorder stretch, Future<?> meanwhile) throws Exception {
    probe.tell(view.listener(stretch));
    Simulation simulation = sender.send(load);
    AtomicBoolean failed = new AtomicBoolean(true);
    Future<SimulationSummary> sending =
        threads.submit(
            () -> {
              SimulationSummary summary = simulation.run();
              failed.set(false);
              return summary;
            });
    try {
      boolean complete =
          monitor.follow(
              stretch, () -> !sending.isDone() || (!failed.get() && !meanwhile.isDone()));
      simulation.stop();
      allSent(get(sending));
      get(meanwhile);
      if (!complete) {
        results.note(stalled());
      }
    } finally {
      simulation.stop();
    }
  }

  @Override
  public void drain(LatencyRecorder stretch) throws Exception {
    if (!monitor.follow(stretch, () -> false)) {
      throw new IllegalStateException(stalled());
    }
  }

  private static String stalled() {
    return "No verdict came for %d s: not waited any longer."
        .formatted(RunMonitor.STALLED.toSeconds());
  }

  private void allSent(SimulationSummary summary) {
    results.sent(summary);
    if (summary.failures() > 0) {
      throw new IllegalStateException(
          "%,d records could not be sent: %s"
              .formatted(summary.failures(), summary.firstFailure()));
    }
  }

  @Override
  public Future<?> inBackground(Callable<?> work) {
    return threads.submit(work);
  }

  @Override
  public long answered() {
    return probe.answered();
  }

  @Override
  public Double processedPerS() {
    return monitor.processedPerS();
  }

  /** Waits for what was started, and fails as it fails. */
  static <T> T get(Future<T> future) throws Exception {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }
}
