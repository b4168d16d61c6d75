package io.turnstile.bench.run;

import io.turnstile.audit.Audit;
import io.turnstile.audit.AuditConfig;
import io.turnstile.audit.AuditReport;
import io.turnstile.bench.engine.Deployment;
import io.turnstile.bench.engine.Engine;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.Environment;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.RunResult.ScenarioMetric;
import io.turnstile.bench.run.Benchmark.RunSetup;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.cli.OneLine;
import io.turnstile.clients.JobRejectedException;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.SimulationSummary;
import io.turnstile.testbed.DatabaseServer;
import io.turnstile.testbed.TemporaryDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.HdrHistogram.Histogram;

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
  private final ResultAssembler results;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private Exception failure;
  private AuditReport audit;

  public EngineRun(RunSetup setup, RunView view) {
    this.setup = setup;
    this.scenario = setup.scenario();
    this.engine = setup.engine();
    this.view = view;
    LatencyRecorder recorder = new LatencyRecorder(scenario.load().warmUp().toNanos());
    this.results =
        new ResultAssembler(scenario, engine.name(), setup.repeat(), setup.command(), recorder);
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
    return results.assemble(failure == null ? null : OneLine.of(failure), false);
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
        measure(new RunContext(setup, view, deployment, results, threads), files);
      } catch (JobRejectedException e) {
        throw e;
      } catch (Exception e) {
        deployment.markFailed();
        throw e;
      }
    }
  }

  private void measure(RunContext context, Path files) throws Exception {
    Deployment deployment = context.deployment();
    Procedure procedure = Procedure.of(scenario);
    Path ledger = setup.ledger().orElse(files.resolve("ledger.csv"));
    try (LoadSender sender = new LoadSender(context, ledger)) {
      if (procedure.fill(scenario.load()) > 0) {
        sender.fill(procedure.fill(scenario.load()));
      }
      try (RunningEngine running = view.step("starting the engine", deployment::start)) {
        sender.started(running);
        String flink = running.flinkJob().map(job -> job.flink().version()).orElse(null);
        Environment environment = Environment.ofThisMachine(flink, deployment.kind());
        results.set(result -> result.environment(environment).settings(running.settings()));
        view.started(deployment, running);
        AtomicBoolean over = new AtomicBoolean();
        Future<?> profiling = CompletableFuture.completedFuture(null);
        if (setup.profiled()) {
          ProfiledStretch stretch = new ProfiledStretch(context, running);
          Path profiler = Files.createDirectory(files.resolve("profiler"));
          profiling =
              threads.submit(
                  () -> {
                    stretch.run(profiler, over::get);
                    return null;
                  });
        }
        procedure.run(context, running, sender);
        over.set(true);
        sender.poolUse().forEach(results::metric);
        if (deployment.isOurs() && deployment.kafka().database() != null) {
          slowStatements(deployment.testbed().database());
        }
        LoadSender.get(profiling);
        if (!deployment.isOurs()) {
          long zero = results.latency().measuredFromMillis();
          results.note("Second 0 began at " + Instant.ofEpochMilli(zero) + ".");
        }
        audit =
            view.step(
                "auditing every transaction and verdict", () -> audit(context, running, ledger));
        AuditResult all = AuditResult.of(audit);
        AuditResult found = engine.decides() ? all : all.asOfCopies();
        results.set(result -> result.audit(found));
        sender.auditAnswers().ifPresent(results::answers);
        if (!found.passed() || results.gaveUp()) {
          deployment.markFailed();
        }
      }
    }
  }

  private void slowStatements(DatabaseServer server) throws IOException {
    Instant since = Instant.ofEpochMilli(results.latency().measuredFromMillis());
    List<Duration> slow = server.slowStatements(since);
    results.metric(
        new ScenarioMetric(
            "statements of %d ms or more".formatted(DatabaseServer.SLOW.toMillis()),
            slow.size(),
            "",
            null));
    slow.stream()
        .max(Comparator.naturalOrder())
        .map(
            longest ->
                new ScenarioMetric("longest statement", (double) longest.toMillis(), "ms", null))
        .ifPresent(results::metric);
  }

  /** On a deployment that is not ours, audits only what was sent since the run began. */
  private AuditReport audit(RunContext context, RunningEngine running, Path ledger) {
    Deployment deployment = context.deployment();
    KafkaConnection kafka = deployment.kafka();
    AuditConfig config =
        AuditConfig.builder(kafka.bootstrapServers())
            .clientProperties(kafka.clientProperties())
            .topics(kafka.topics())
            .database(kafka.database())
            .ledger(scenario.load().isOverHttp() ? null : ledger)
            .since(deployment.isOurs() ? null : results.startedAt())
            .waitFor(AUDIT_WAIT)
            .references(running.additions().references())
            .carried(running.additions().carried())
            .build();
    return new Audit(config).run();
  }
}
