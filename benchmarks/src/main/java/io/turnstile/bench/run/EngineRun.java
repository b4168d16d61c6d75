package io.turnstile.bench.run;

import io.turnstile.audit.Audit;
import io.turnstile.audit.AuditConfig;
import io.turnstile.audit.AuditReport;
import io.turnstile.bench.engine.Deployment;
import io.turnstile.bench.engine.Engine;
import io.turnstile.bench.engine.FlinkJob;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.measure.CheckpointLog;
import io.turnstile.bench.measure.Recording;
import io.turnstile.bench.measure.ResourceSampler;
import io.turnstile.bench.measure.VerdictProbe;
import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.ConsumerLag;
import io.turnstile.bench.result.Environment;
import io.turnstile.bench.result.FaultResult;
import io.turnstile.bench.result.Load;
import io.turnstile.bench.result.Point;
import io.turnstile.bench.result.ProcessResources;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.Throughput;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.events.TopicNames;
import io.turnstile.events.Topics;
import io.turnstile.simulator.Generator;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.Simulation;
import io.turnstile.simulator.SimulationOptions;
import io.turnstile.simulator.SimulationSummary;
import io.turnstile.simulator.TokenIssuer;
import io.turnstile.testbed.FlinkRestException;
import io.turnstile.testbed.ProcessTestbed;
import io.turnstile.testbed.Target;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;

/**
 * One run of a scenario on an engine: everything fresh, so that no run inherits logs, caches or
 * compiled code of another. {@link #run} is called once; {@link #interrupted} by any thread.
 */
final class EngineRun {

  private static final Duration TICK = Duration.ofSeconds(1);
  private static final Duration AUDIT_WAIT = Duration.ofSeconds(20);
  private static final short ONE_BROKER = 1;

  /** For how long no verdict may come until a run is given up. */
  private static final Duration STALLED = Duration.ofSeconds(60);

  private final Scenario scenario;
  private final Engine engine;
  private final int repeat;
  private final String command;
  private final Progress progress;

  private final Instant startedAt = Instant.now();
  private final Recording recording;
  private final ResourceSampler resources = new ResourceSampler();
  private final CheckpointLog checkpoints = new CheckpointLog();
  private final List<String> notes = new ArrayList<>();

  private volatile Environment environment;
  private volatile Map<String, String> settings = Map.of();
  private volatile FaultTimeline faults;
  private volatile SimulationSummary sent;
  private volatile List<ProcessResources> used = List.of();
  private volatile Double processedPerS;
  private volatile AuditResult audit;

  EngineRun(Scenario scenario, Engine engine, int repeat, String command, Progress progress) {
    this.scenario = scenario;
    this.engine = engine;
    this.repeat = repeat;
    this.command = command;
    this.progress = progress;
    recording = new Recording(scenario.load().warmUp().toNanos());
  }

  /** How long such a run takes, about. */
  static Duration estimate(Scenario scenario) {
    return Duration.ofSeconds(45).plus(scenario.load().warmUp()).plus(scenario.load().length());
  }

  /** Runs to the end. Whatever goes wrong is in the result, and the logs are kept. */
  RunResult run() throws InterruptedException {
    String failure = null;
    try (TemporaryDirectory files = new TemporaryDirectory()) {
      TestbedConfig.Builder config =
          TestbedConfig.builder().baseDirectory(files.path().getParent());
      engine.prepare(config, scenario.engine());
      try (Testbed testbed = new ProcessTestbed(config.build())) {
        try {
          runOn(testbed, files.path());
        } catch (InterruptedException e) {
          throw e;
        } catch (Exception e) {
          failure = oneLine(e);
        }
        if (failure != null || !audit.passed()) {
          testbed.markFailed();
        }
      }
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      failure = failure == null ? oneLine(e) : failure;
    }
    return result(failure, false);
  }

  /** What was measured up to now, of a run that will not end. */
  RunResult interrupted() {
    return result(null, true);
  }

  private void runOn(Testbed testbed, Path files) throws Exception {
    progress.live("%s: starting", this);
    testbed.start();
    TopicNames topics = TopicNames.DEFAULT;
    createTopics(testbed, topics);
    Path jwks = files.resolve("jwks.json");
    Path signingKey = files.resolve("signing-key.json");
    TokenIssuer.generate(signingKey, jwks);
    TokenIssuer tokens = TokenIssuer.load(signingKey, scenario.load().tokenLifetime());
    Path ledger = files.resolve("ledger.csv");
    try (RunningEngine running =
            engine.start(new Deployment(testbed, topics, jwks), scenario.engine());
        VerdictProbe probe =
            new VerdictProbe(
                Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, testbed.bootstrapServers()),
                topics,
                recording)) {
      settings = running.settings();
      environment =
          Machine.environment(
              running.flinkJob().map(job -> job.flink().version()).orElse(null), "processes");
      KafkaConnection kafka = new KafkaConnection(testbed.bootstrapServers(), Map.of(), topics);
      drive(testbed, running, probe, simulation(kafka, tokens, ledger, probe));
      audit = audit(testbed, topics, ledger);
    }
  }

  private static void createTopics(Testbed testbed, TopicNames topics, int lanes)
      throws ExecutionException, InterruptedException {
    try (Admin admin =
        Admin.create(
            Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, testbed.bootstrapServers()))) {
      new Topics(topics, lanes, lanes).create(admin, ONE_BROKER);
    }
  }

  private void createTopics(Testbed testbed, TopicNames topics) throws Exception {
    createTopics(testbed, topics, scenario.engine().lanes());
  }

  private Simulation simulation(
      KafkaConnection kafka, TokenIssuer tokens, Path ledger, VerdictProbe probe) {
    LoadProfile load = scenario.load();
    SimulationOptions options =
        new SimulationOptions()
            .stages(load.allStages())
            .ledger(ledger)
            .retry(load.refreshTokens())
            .retryWait(STALLED);
    if (load.records() > 0) {
      options.count(load.records());
    }
    return new Simulation(
        kafka, new Generator(load.generator(load.meanRate())), tokens, options, probe);
  }

  /** Sends, watches, inflicts faults, and waits for the last verdict. */
  private void drive(
      Testbed testbed, RunningEngine running, VerdictProbe probe, Simulation simulation)
      throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      Future<SimulationSummary> sending = threads.submit(simulation::run);
      while (!recording.started() && !sending.isDone()) {
        progress.live(
            "%s: publishing customers and products, %,d",
            this, simulation.progress().referenceRecords());
        TimeUnit.MILLISECONDS.sleep(100);
      }
      if (!recording.started()) {
        get(sending);
        throw new IllegalStateException("nothing was sent");
      }
      faults = new FaultTimeline(scenario.faults(), testbed, running, recording, progress);
      long measuredFrom = recording.measuredFromNanos();
      Future<?> inflicting =
          threads.submit(
              () -> {
                faults.run(measuredFrom);
                return null;
              });
      watch(testbed, running, probe, simulation, sending, inflicting);
      sent = get(sending);
      get(inflicting);
      if (sent.failures() > 0) {
        throw new IllegalStateException(
            "%,d records could not be sent: %s".formatted(sent.failures(), sent.firstFailure()));
      }
    } finally {
      simulation.stop();
      threads.shutdownNow();
    }
  }

  private void watch(
      Testbed testbed,
      RunningEngine running,
      VerdictProbe probe,
      Simulation simulation,
      Future<SimulationSummary> sending,
      Future<?> inflicting)
      throws Exception {
    ProcessedCounter processed = new ProcessedCounter();
    long answeredBefore = 0;
    long aliveNanos = System.nanoTime();
    for (long ticks = 1; ; ticks++) {
      long due = recording.startNanos() + ticks * TICK.toNanos();
      TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
      boolean measuring = due > recording.measuredFromNanos() && !sending.isDone();
      resources.sample(watched(testbed, running));
      FlinkJob job = running.flinkJob().orElse(null);
      if (job != null) {
        checkpoints.collect(job.flink(), job.jobId());
        if (measuring) {
          processed.note(job);
        }
        requireRunning(job);
      }
      probe.requireReading();
      if (inflicting.isDone()) {
        get(inflicting);
      }
      show(ticks, probe, simulation);
      long answered = probe.answered();
      if (answered > answeredBefore) {
        answeredBefore = answered;
        aliveNanos = System.nanoTime();
      }
      if (sending.isDone() && inflicting.isDone() && answered >= probe.sent()) {
        break;
      }
      if (System.nanoTime() - aliveNanos > STALLED.toNanos()) {
        notes.add("No verdict came for " + STALLED.toSeconds() + " s: not waited any longer.");
        break;
      }
    }
    processedPerS = processed.perSecond();
    long from = recording.measuredFromNanos();
    long to = from + (long) (recording.measuredSeconds() * 1e9);
    used = resources.between(from, to, name -> gcLog(testbed, name));
  }

  private static List<ResourceSampler.Watched> watched(Testbed testbed, RunningEngine running) {
    List<ResourceSampler.Watched> watched = new ArrayList<>();
    List<Target> targets = new ArrayList<>(running.processes());
    if (testbed.isAlive(Target.BROKER)) {
      targets.add(Target.BROKER);
    }
    for (Target target : targets) {
      try {
        watched.add(new ResourceSampler.Watched(target.toString(), testbed.pid(target)));
      } catch (RuntimeException e) {
        // It has ended since.
      }
    }
    watched.add(new ResourceSampler.Watched("load", ProcessHandle.current().pid()));
    return watched;
  }

  private static Path gcLog(Testbed testbed, String process) {
    return process.equals("load") ? null : testbed.logs().resolve(process + "-gc.log");
  }

  private static void requireRunning(FlinkJob job) {
    try {
      if (job.flink().job(job.jobId()).isTerminal()) {
        throw new IllegalStateException(
            "the job is over"
                + job.flink().failures(job.jobId()).stream()
                    .findFirst()
                    .map(failure -> ": " + failure.message())
                    .orElse(""));
      }
    } catch (FlinkRestException e) {
      // Too busy to answer, or dead on purpose.
    }
  }

  private void show(long second, VerdictProbe probe, Simulation simulation) {
    Histogram recent = recording.recent(System.nanoTime());
    progress.live(
        "%s: %d s, sent %,d (%,d ms behind), to come %,d, committed p50 %.0f p99 %.0f ms",
        this,
        second,
        probe.sent(),
        TimeUnit.NANOSECONDS.toMillis(simulation.progress().behindNanos()),
        probe.sent() - probe.answered(),
        recent.getValueAtPercentile(50) / 1000.0,
        recent.getValueAtPercentile(99) / 1000.0);
  }

  private AuditResult audit(Testbed testbed, TopicNames topics, Path ledger) {
    progress.live("%s: auditing", this);
    AuditReport report =
        new Audit(
                AuditConfig.builder(testbed.bootstrapServers())
                    .topics(topics)
                    .ledger(ledger)
                    .waitFor(AUDIT_WAIT)
                    .build())
            .run();
    return engine.decides() ? AuditResult.of(report) : AuditResult.ofCopies(report);
  }

  private RunResult result(String failure, boolean interrupted) {
    List<Point> verdicts = recording.verdictSeries();
    List<Point> published = recording.acknowledgedSeries();
    List<Point> backlog = recording.backlogSeries();
    double committedPerS = recording.meanOverMeasured(verdicts);
    LoadProfile load = scenario.load();
    List<FaultResult> inflicted =
        faults == null ? List.of() : faults.results(scenario.p99LimitMs());
    if (interrupted) {
      notes.add("The run was interrupted: it has no audit.");
    }
    if (!engine.decides()) {
      notes.add(
          "This engine decides nothing: it was only checked that each input came out once, not with"
              + " what verdict.");
    }
    if (checkpoints.failed() > 0) {
      notes.add(checkpoints.failed() + " checkpoints failed.");
    }
    Judgement judgement =
        new Judgement(scenario, recording, faults, inflicted, sent, audit, used, environment);
    return RunResult.builder(scenario.name(), engine.name())
        .repeat(repeat)
        .startedAt(startedAt)
        .command(command)
        .interrupted(interrupted)
        .failure(failure)
        .environment(environment)
        .settings(settings)
        .load(
            new Load(
                load.stages().isEmpty() ? null : load.meanRate(),
                published.stream().mapToLong(point -> (long) point.y()).sum(),
                load.warmUp().toMillis() / 1000.0,
                recording.measuredSeconds()))
        .throughput(
            new Throughput(
                committedPerS,
                verdicts,
                recording.meanOverMeasured(published),
                processedPerS,
                committedPerS,
                published))
        .latencyMs(recording.latency())
        .audit(audit)
        .shares(judgement.shares())
        .faults(inflicted)
        .resources(used)
        .checkpoints(checkpoints.since(measuredFromMillis()))
        .consumerLag(
            new ConsumerLag(
                backlog.stream().mapToLong(point -> (long) point.y()).max().orElse(0), backlog))
        .objectives(judgement.objectives())
        .notes(notes)
        .build();
  }

  private long measuredFromMillis() {
    if (!recording.started()) {
      return Long.MAX_VALUE;
    }
    long ago = System.nanoTime() - recording.measuredFromNanos();
    return System.currentTimeMillis() - TimeUnit.NANOSECONDS.toMillis(ago);
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

  @Override
  public String toString() {
    return scenario.name() + " on " + engine.name() + " (" + repeat + ")";
  }
}
