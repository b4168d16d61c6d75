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
import io.turnstile.clients.JobRejectedException;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.SimulationSummary;
import io.turnstile.simulator.TokenIssuer;
import io.turnstile.testbed.TemporaryDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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
    return results.sent();
  }

  /** Returns the latencies outside of faults and recovery, in microseconds; after {@link #run}. */
  public Histogram undisturbed() {
    return results.undisturbed();
  }

  private void deploy(Path files) throws Exception {
    try (Deployment deployment =
        view.step(
            "starting Kafka and " + engine.name(),
            () -> engine.deploy(scenario.engine(), files.getParent(), files))) {
      try {
        measure(deployment, files);
      } catch (JobRejectedException e) {
        throw e;
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
      Sender sender =
          new Sender(
              kafka,
              TokenIssuer.load(deployment.signingKey(), scenario.load().tokenLifetime()),
              ledger,
              scenario.load(),
              setup.source(),
              probe);
      EngineSession session =
          new EngineSession(setup, view, results, threads, deployment, probe, sender);
      procedure.prepare(session);
      try (RunningEngine running = view.step("starting the engine", deployment::start)) {
        session.started(running);
        AtomicBoolean over = new AtomicBoolean();
        Future<?> profiling = profile(session, files, over::get);
        procedure.run(session);
        over.set(true);
        EngineSession.get(profiling);
        audit =
            view.step("auditing every transaction and verdict", () -> audit(deployment, ledger));
        results.audit(engine.decides() ? AuditResult.of(audit) : AuditResult.ofCopies(audit));
      }
    }
  }

  /** Begins to wait for the time at which to profile the engine and its broker, if so asked. */
  private Future<?> profile(EngineSession session, Path files, BooleanSupplier over)
      throws IOException {
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
}
