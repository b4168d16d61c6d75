package io.turnstile.bench.run;

import io.turnstile.audit.Audit;
import io.turnstile.audit.AuditConfig;
import io.turnstile.audit.AuditConfigBuilder;
import io.turnstile.audit.AuditReport;
import io.turnstile.bench.engine.Deployment;
import io.turnstile.bench.engine.Engine;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.measure.VerdictProbe;
import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.Simulation;
import io.turnstile.simulator.SimulationSummary;
import io.turnstile.simulator.TokenIssuer;
import io.turnstile.testbed.TemporaryDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.CommonClientConfigs;

/**
 * One run of a scenario on an engine: everything fresh, so that no run inherits logs, caches or
 * compiled code of another. {@link #run} is called once; {@link #interrupted} by any thread.
 */
public final class EngineRun {

  private static final Duration AUDIT_WAIT = Duration.ofSeconds(20);
  private static final Duration START_AND_AUDIT = Duration.ofSeconds(45);

  private final RunSetup setup;
  private final Scenario scenario;
  private final Engine engine;
  private final RunView view;
  private final Procedure procedure;
  private final ResultAssembler results;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private Exception failure;
  private AuditReport audit;
  private SimulationSummary sent;

  /** Starts nothing yet. */
  public EngineRun(RunSetup setup, RunView view) {
    this.setup = setup;
    this.scenario = setup.scenario();
    this.engine = setup.engine();
    this.view = view;
    this.procedure = Procedure.of(scenario);
    this.results =
        new ResultAssembler(
            scenario,
            engine.name(),
            setup.repeat(),
            setup.command(),
            new LatencyRecorder(scenario.load().warmUp().toNanos()));
  }

  /** Returns how long a run takes, about. */
  static Duration estimate(Scenario scenario) {
    return START_AND_AUDIT.plus(Procedure.of(scenario).estimate(scenario.load()));
  }

  /** Runs to the end. Whatever goes wrong is in the result, and the logs are kept. */
  public RunResult run() throws InterruptedException {
    if (!engine.decides()) {
      results.note(
          "This engine decides nothing: it was only checked that each input came out once, not with"
              + " what verdict.");
    }
    try (TemporaryDirectory files = new TemporaryDirectory("turnstile-bench-")) {
      deploy(files.path());
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      failure = e;
    } finally {
      threads.shutdownNow();
      results.close();
    }
    return results.assemble(failure == null ? null : oneLine(failure), false);
  }

  /** Returns what was measured up to now, of a run that will not end. */
  RunResult interrupted() {
    return results.assemble(null, true);
  }

  /** Returns the reason why the run could not be finished; only after {@link #run}. */
  public Optional<Exception> failure() {
    return Optional.ofNullable(failure);
  }

  /** Returns all that the audit found, if there was one; only after {@link #run}. */
  public Optional<AuditReport> audit() {
    return Optional.ofNullable(audit);
  }

  /** Returns what was sent by the last load, if it ended; only after {@link #run}. */
  public Optional<SimulationSummary> sent() {
    return Optional.ofNullable(sent);
  }

  /** Returns the latencies outside of faults and recovery, in microseconds; after {@link #run}. */
  public Histogram undisturbed() {
    return results.undisturbed();
  }

  private void deploy(Path files) throws Exception {
    try (Deployment deployment =
        view.step(
            "starting " + engine.name(),
            () -> engine.deploy(scenario.engine(), files.getParent(), files))) {
      try {
        measure(deployment, files);
      } catch (Exception e) {
        deployment.markFailed();
        throw e;
      }
      if (!results.auditPassed()) {
        deployment.markFailed();
      }
    }
  }

  /** Starts the engine, measures and audits. */
  private void measure(Deployment deployment, Path files) throws Exception {
    KafkaConnection kafka = deployment.kafka();
    Path ledger = setup.ledger().orElse(files.resolve("ledger.csv"));
    Map<String, Object> client = new HashMap<>(kafka.clientProperties());
    client.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers());
    try (VerdictProbe probe =
        new VerdictProbe(
            client, kafka.topics(), !deployment.isOurs(), view.listener(results.latency()))) {
      Session session =
          new Session(
              deployment,
              probe,
              new Sender(
                  kafka,
                  TokenIssuer.load(deployment.signingKey(), scenario.load().tokenLifetime()),
                  ledger,
                  scenario.load(),
                  setup.source(),
                  probe));
      procedure.prepare(session);
      try (RunningEngine running = view.step("submitting", deployment::start)) {
        session.started(running);
        AtomicBoolean over = new AtomicBoolean();
        Future<?> profiling = profile(session, files, over::get);
        procedure.run(session);
        over.set(true);
        get(profiling);
        audit =
            view.step("auditing every transaction and verdict", () -> audit(deployment, ledger));
        results.audit(engine.decides() ? AuditResult.of(audit) : AuditResult.ofCopies(audit));
      }
    }
  }

  /** Begins to wait for the time at which to profile the engine and its broker, if so asked. */
  private Future<?> profile(Session session, Path files, BooleanSupplier over) throws IOException {
    if (!setup.profiled()) {
      return CompletableFuture.completedFuture(null);
    }
    LoadProfile load = scenario.load();
    ProfiledStretch stretch =
        new ProfiledStretch(
            results.latency(),
            session::pids,
            Files.createDirectory(files.resolve("profiler")),
            setup.resultDirectory(),
            view);
    results.profile(stretch);
    return session.inBackground(
        () -> {
          if (load.stages().isEmpty()) {
            stretch.ofRecords(load.records(), over);
          } else {
            stretch.inTheMiddle(load.length(), over);
          }
          return null;
        });
  }

  /** Audits everything; on a deployment that is not ours, what was sent since the run began. */
  private AuditReport audit(Deployment deployment, Path ledger) {
    KafkaConnection kafka = deployment.kafka();
    AuditConfigBuilder config =
        AuditConfig.builder(kafka.bootstrapServers())
            .topics(kafka.topics())
            .ledger(ledger)
            .since(deployment.isOurs() ? null : results.startedAt())
            .waitFor(AUDIT_WAIT);
    config.clientProperties(kafka.clientProperties());
    return new Audit(config.build()).run();
  }

  static String oneLine(Throwable e) {
    String message = e.getMessage();
    return message == null || message.isBlank()
        ? e.getClass().getSimpleName()
        : message.strip().replaceAll("\\s*\\R\\s*", "; ");
  }

  private static <T> T get(Future<T> future) throws Exception {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  /** The run as its procedure sees it. */
  private final class Session implements RunSession {

    private final Deployment deployment;
    private final VerdictProbe probe;
    private final Sender sender;
    private RunningEngine running;
    private RunMonitor monitor;

    Session(Deployment deployment, VerdictProbe probe, Sender sender) {
      this.deployment = deployment;
      this.probe = probe;
      this.sender = sender;
    }

    void started(RunningEngine engine) {
      running = engine;
      monitor =
          new RunMonitor(
              this::pids, engine, probe, results.resources(), results.checkpoints(), view);
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
    public Scenario scenario() {
      return scenario;
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
      sent = summary;
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
  }
}
