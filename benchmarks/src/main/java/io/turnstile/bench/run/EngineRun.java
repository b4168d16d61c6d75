package io.turnstile.bench.run;

import io.turnstile.audit.Audit;
import io.turnstile.audit.AuditConfig;
import io.turnstile.audit.AuditReport;
import io.turnstile.bench.engine.Deployment;
import io.turnstile.bench.engine.Engine;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.measure.CheckpointLog;
import io.turnstile.bench.measure.Recording;
import io.turnstile.bench.measure.ResourceSampler;
import io.turnstile.bench.measure.VerdictProbe;
import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.ConsumerLag;
import io.turnstile.bench.result.Environment;
import io.turnstile.bench.result.FaultResult;
import io.turnstile.bench.result.Figure;
import io.turnstile.bench.result.LeakResult;
import io.turnstile.bench.result.Load;
import io.turnstile.bench.result.Point;
import io.turnstile.bench.result.ProcessResources;
import io.turnstile.bench.result.RateStep;
import io.turnstile.bench.result.ResultFile;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.Throughput;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.bench.scenario.Metric;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.clients.Topics;
import io.turnstile.events.TopicNames;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.Simulation;
import io.turnstile.simulator.SimulationSummary;
import io.turnstile.simulator.TokenIssuer;
import io.turnstile.testbed.TemporaryDirectory;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedConfigBuilder;
import io.turnstile.testbed.TestbedException;
import io.turnstile.testbed.TestbedProcess;
import io.turnstile.testbed.container.ContainerTestbed;
import io.turnstile.testbed.process.ProcessTestbed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;

/**
 * One run of a scenario on an engine: everything fresh, so that no run inherits logs, caches or
 * compiled code of another. {@link #run} is called once; {@link #interrupted} by any thread.
 */
final class EngineRun {

  /** The dedup window and the longest outage: so long the job keeps ids by default. */
  private static final Duration STATE_GROWS = Duration.ofHours(2);

  private static final Duration AUDIT_WAIT = Duration.ofSeconds(20);
  private static final short ONE_BROKER = 1;

  /** Drained records that the drain rate leaves out, while code is compiled. */
  private static final double DRAIN_WARM_UP = 0.2;

  private static final Duration STEP_WARM_UP = Duration.ofSeconds(10);

  /** The job's checkpoint interval: one falls into each, and no rate is lucky. */
  private static final Duration STEP = Duration.ofSeconds(30);

  private static final double LOWEST_RATE = 4_000;
  private static final double HIGHEST_RATE = 60_000;

  /** The latency that the search for the highest rate holds, whatever the scenario's own. */
  private static final double SEARCH_P99_MS = 100;

  /** Of what is offered, so much must be decided in time for a rate to be held. */
  private static final double HELD_SHARE = 0.99;

  private final Scenario scenario;
  private final Engine engine;
  private final LiveDeployment live;
  private final int repeat;
  private final Path directory;
  private final String command;
  private final boolean profiled;
  private final Progress progress;

  private final Instant startedAt = Instant.now();
  private final ResourceSampler resources = new ResourceSampler();
  private final CheckpointLog checkpoints = new CheckpointLog();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<String> notes = new ArrayList<>();
  private final List<RateStep> search = new ArrayList<>();
  private final Map<Metric, Double> special = new EnumMap<>(Metric.class);
  private final List<Figure> figures = new ArrayList<>();

  /** The stretch of load that the latency is of. */
  private volatile Recording recording;

  /** The stretch of load that the throughput is of, if another. */
  private volatile Recording drained;

  private volatile LeakResult leaks;
  private volatile Environment environment;
  private volatile Map<String, String> settings = Map.of();
  private volatile FaultTimeline faults;
  private volatile SimulationSummary sent;
  private volatile List<ProcessResources> used = List.of();
  private volatile Double processedPerS;
  private volatile AuditResult audit;
  private volatile ProfiledStretch profile;

  /**
   * Starts nothing yet.
   *
   * @param engine to be started; null if {@code live} is there already
   * @param live null for an engine of our own
   * @param directory of all results, for what is too large for the result itself
   * @param profiled whether to have the processes profiled; not those of a live deployment
   */
  EngineRun(
      Scenario scenario,
      Engine engine,
      LiveDeployment live,
      int repeat,
      Path directory,
      String command,
      boolean profiled,
      Progress progress) {
    this.scenario = scenario;
    this.engine = engine;
    this.live = live;
    this.repeat = repeat;
    this.directory = directory;
    this.command = command;
    this.profiled = profiled;
    this.progress = progress;
    recording = new Recording(scenario.load().warmUp().toNanos());
  }

  /** How long such a run takes, about. */
  static Duration estimate(Scenario scenario) {
    Duration around = Duration.ofSeconds(45);
    return switch (scenario.procedure()) {
      case OPEN_LOOP ->
          around
              .plus(scenario.load().warmUp())
              .plus(scenario.load().length())
              .plusMillis((scenario.load().records() + scenario.load().preload()) / 20);
      case SATURATION -> around.plusMinutes(6).plusMillis(scenario.load().records() / 10);
      case INVENTORY_EXPORT -> around.plusMillis(scenario.load().records() / 20);
    };
  }

  /** Runs to the end. Whatever goes wrong is in the result, and the logs are kept. */
  RunResult run() throws InterruptedException {
    String failure = null;
    try (TemporaryDirectory files = new TemporaryDirectory("turnstile-bench-")) {
      if (live == null) {
        runOnTestbed(files.path());
      } else {
        runLive(files.path());
      }
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      failure = oneLine(e);
    } finally {
      threads.shutdownNow();
      resources.close();
    }
    return result(failure, false);
  }

  /** What was measured up to now, of a run that will not end. */
  RunResult interrupted() {
    return result(null, true);
  }

  private void runOnTestbed(Path files) throws Exception {
    TestbedConfigBuilder config = TestbedConfig.builder().baseDirectory(files.getParent());
    engine.prepare(config, scenario.engine());
    try (Testbed testbed =
        scenario.engine().onContainers()
            ? new ContainerTestbed(config.build())
            : new ProcessTestbed(config.build())) {
      try {
        progress.live("%s: starting", this);
        testbed.start();
        TopicNames topics = TopicNames.DEFAULT;
        createTopics(testbed, topics);
        Path signingKey = files.resolve("signing-key.json");
        Path jwks = testbed.files().resolve("jwks.json");
        TokenIssuer.generate(signingKey, jwks);
        Deployment deployment = new Deployment(testbed, topics, jwks);
        measure(
            new KafkaConnection(testbed.bootstrapServers(), Map.of(), topics),
            signingKey,
            files.resolve("ledger.csv"),
            testbed,
            () -> engine.start(deployment, scenario.engine()));
      } catch (Exception e) {
        testbed.markFailed();
        throw e;
      }
      if (!audit.passed()) {
        testbed.markFailed();
      }
    }
  }

  private void runLive(Path files) throws Exception {
    measure(
        new KafkaConnection(live.bootstrapServers(), live.clientProperties(), live.topics()),
        live.signingKey(),
        files.resolve("ledger.csv"),
        null,
        live::engine);
  }

  /**
   * Measures and audits.
   *
   * @param testbed null for a live deployment
   */
  private void measure(
      KafkaConnection kafka,
      Path signingKey,
      Path ledger,
      Testbed testbed,
      Callable<RunningEngine> start)
      throws Exception {
    Map<String, Object> client = new HashMap<>(kafka.clientProperties());
    client.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers());
    try (VerdictProbe probe =
        new VerdictProbe(client, kafka.topics(), testbed == null, recording)) {
      Sender sender =
          new Sender(
              kafka,
              TokenIssuer.load(signingKey, scenario.load().tokenLifetime()),
              ledger,
              scenario.load(),
              probe);
      if (scenario.procedure() == Scenario.Procedure.SATURATION) {
        fill(sender.unpaced(scenario.load().records()), probe);
      }
      try (RunningEngine running = start.call()) {
        settings = running.settings();
        environment =
            Machine.environment(
                running.flinkJob().map(job -> job.flink().version()).orElse(null),
                testbed == null ? LiveDeployment.NAME : scenario.engine().testbed());
        RunMonitor monitor =
            new RunMonitor(
                toString(),
                () -> watched(testbed, running),
                running,
                probe,
                resources,
                checkpoints,
                progress);
        AtomicBoolean over = new AtomicBoolean();
        Future<?> profiling =
            profiled ? profile(testbed, running, ledger.getParent(), over::get) : null;
        switch (scenario.procedure()) {
          case OPEN_LOOP -> openLoop(testbed, running, sender, probe, monitor);
          case SATURATION -> saturate(testbed, sender, probe, monitor);
          case INVENTORY_EXPORT -> export(sender, monitor);
        }
        over.set(true);
        if (profiling != null) {
          get(profiling);
        }
        audit = audit(kafka, ledger, testbed == null ? startedAt : null);
      }
    }
  }

  /** Begins to wait for the time at which to profile the engine and its broker. */
  private Future<?> profile(
      Testbed testbed, RunningEngine running, Path files, BooleanSupplier over) throws IOException {
    LoadProfile load = scenario.load();
    ProfiledStretch stretch =
        new ProfiledStretch(
            recording,
            () ->
                watched(testbed, running).stream()
                    .filter(process -> !process.name().equals(ResourceSampler.LOAD))
                    .toList(),
            Files.createDirectory(files.resolve("profiler")),
            ResultFile.directory(directory, scenario.name(), engineName(), repeat),
            progress);
    profile = stretch;
    return threads.submit(
        () -> {
          if (load.stages().isEmpty()) {
            stretch.ofRecords(load.records(), over);
          } else {
            stretch.inTheMiddle(load.length(), over);
          }
          return null;
        });
  }

  private static List<ResourceSampler.Watched> watched(Testbed testbed, RunningEngine running) {
    List<ResourceSampler.Watched> watched = new ArrayList<>();
    watched.add(new ResourceSampler.Watched(ResourceSampler.LOAD, ProcessHandle.current().pid()));
    if (testbed == null) {
      return watched;
    }
    List<TestbedProcess> targets = new ArrayList<>(running.processes());
    targets.add(TestbedProcess.BROKER);
    for (TestbedProcess target : targets) {
      try {
        watched.add(new ResourceSampler.Watched(target.toString(), testbed.pid(target)));
      } catch (TestbedException e) {
        // It has ended.
      }
    }
    return watched;
  }

  private static Map<String, Object> client(Testbed testbed) {
    return Map.of(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, testbed.bootstrapServers());
  }

  private void createTopics(Testbed testbed, TopicNames topics) throws Exception {
    int lanes = scenario.engine().lanes();
    try (Admin admin = Admin.create(client(testbed))) {
      new Topics(topics, lanes, lanes).create(admin, ONE_BROKER);
    }
  }

  /** Sends at the intended times, inflicts the faults, and waits for the last verdict. */
  private void openLoop(
      Testbed testbed, RunningEngine running, Sender sender, VerdictProbe probe, RunMonitor monitor)
      throws Exception {
    long preload = scenario.load().preload();
    if (preload > 0) {
      Recording loaded = new Recording(0);
      probe.tell(loaded);
      Simulation simulation = sender.unpaced(preload);
      follow(simulation, threads.submit(simulation::run), null, loaded, monitor);
      probe.tell(recording);
      figures.add(
          new Figure("preloaded", loaded.drainRate(0), "verdicts/s", Figure.Direction.HIGHER));
    }
    Simulation simulation = sender.ofScenario();
    Future<SimulationSummary> sending = threads.submit(simulation::run);
    Future<?> inflicting = inflict(testbed, running, sending);
    if (testbed != null && scenario.objectives().containsKey(Metric.LEAKS)) {
      soak(testbed, running, () -> follow(simulation, sending, inflicting, recording, monitor));
    } else {
      follow(simulation, sending, inflicting, recording, monitor);
    }
    processedPerS = monitor.processedPerS();
    used = used(testbed, recording);
    if (preload > 0) {
      checkpoints
          .latestFullBytes()
          .ifPresent(
              bytes ->
                  figures.add(
                      new Figure(
                          "state per transaction",
                          (double) bytes / probe.answered(),
                          "bytes",
                          Figure.Direction.LOWER)));
    }
  }

  /** Begins to inflict the faults; null if there are none. */
  private Future<?> inflict(Testbed testbed, RunningEngine running, Future<?> sending) {
    if (scenario.faults().isEmpty()) {
      return null;
    }
    FaultTimeline timeline =
        new FaultTimeline(scenario.faults(), testbed, running, recording, progress);
    faults = timeline;
    return threads.submit(
        () -> {
          while (!recording.started() && !sending.isDone()) {
            TimeUnit.MILLISECONDS.sleep(10);
          }
          timeline.run(recording.measuredFromNanos());
          return null;
        });
  }

  /** A stretch of load. */
  private interface Stretch {
    void follow() throws Exception;
  }

  /** Follows the load while it samples what the processes hold, and judges that. */
  private void soak(Testbed testbed, RunningEngine running, Stretch stretch) throws Exception {
    try (SoakSampler sampler =
        new SoakSampler(
            recording, () -> watched(testbed, running), scenario.load().length(), STATE_GROWS)) {
      Future<?> sampling =
          threads.submit(
              () -> {
                sampler.run();
                return null;
              });
      stretch.follow();
      sampling.cancel(true);
      LeakResult judged =
          sampler.judge(
              checkpoints.since(measuredFromMillis(recording)),
              ResultFile.directory(directory, scenario.name(), engineName(), repeat));
      leaks = judged;
      if (judged.trends().stream()
          .anyMatch(trend -> trend.verdict() != LeakResult.Verdict.NOT_ENOUGH_DATA)) {
        special.put(
            Metric.LEAKS,
            (double)
                judged.trends().stream()
                    .filter(trend -> trend.verdict() == LeakResult.Verdict.LEAK)
                    .count());
      }
    }
  }

  /** Fills the topic before the engine starts. */
  private void fill(Simulation simulation, VerdictProbe probe) throws Exception {
    Future<SimulationSummary> sending = threads.submit(simulation::run);
    while (!sending.isDone()) {
      progress.live("%s: filling the topic, %,d", this, probe.sent());
      TimeUnit.MILLISECONDS.sleep(100);
    }
    sent = requireAllSent(get(sending));
  }

  /** Waits until what was sent before is drained, then looks for the highest rate that holds. */
  private void saturate(Testbed testbed, Sender sender, VerdictProbe probe, RunMonitor monitor)
      throws Exception {
    drained = recording;
    if (!monitor.follow(drained, () -> false)) {
      throw new IllegalStateException(stalled());
    }
    used =
        resources.between(drained.firstVerdictNanos(), drained.lastVerdictNanos(), gcLog(testbed));
    special.put(Metric.DRAIN_PER_S, drained.drainRate(DRAIN_WARM_UP));
    RateSearch rates = new RateSearch(LOWEST_RATE, HIGHEST_RATE);
    for (OptionalDouble next = rates.next(); next.isPresent(); next = rates.next()) {
      double rate = next.getAsDouble();
      Recording step = new Recording(STEP_WARM_UP.toNanos());
      probe.tell(step);
      Simulation simulation = sender.atRate(rate, STEP_WARM_UP.plus(STEP));
      Future<SimulationSummary> sending = threads.submit(simulation::run);
      follow(simulation, sending, null, step, monitor);
      double p99 = step.measured().getValueAtPercentile(99) / 1000.0;
      double decided = step.meanOverMeasured(step.verdictSeries());
      boolean held = p99 < SEARCH_P99_MS && decided >= rate * HELD_SHARE;
      search.add(new RateStep(rate, p99, held));
      rates.tried(rate, held);
      progress.line(
          "  %,.0f/s: %,.0f/s decided, committed p99 %.1f ms, %s",
          rate, decided, p99, held ? "held" : "not held");
      if (held || recording == drained) {
        recording = step;
      }
    }
    special.put(Metric.HIGHEST_RATE_PER_S, rates.found());
    figures.add(
        new Figure(
            "drained", special.get(Metric.DRAIN_PER_S), "verdicts/s", Figure.Direction.HIGHER));
    figures.add(
        new Figure(
            "highest rate with committed p99 < %.0f ms".formatted(SEARCH_P99_MS),
            rates.found(),
            "transactions/s",
            Figure.Direction.HIGHER));
    notes.add(
        "The throughput is of draining %,d records, the first fifth left out; the latency of the highest rate that was held."
            .formatted(scenario.load().records()));
  }

  /** Publishes products and waits until the last of them are in force. */
  private void export(Sender sender, RunMonitor monitor) throws Exception {
    ExportSource source =
        new ExportSource(Math.toIntExact(scenario.load().records()), scenario.load().seed());
    Simulation simulation = sender.of(source);
    Future<SimulationSummary> sending = threads.submit(simulation::run);
    follow(simulation, sending, null, recording, monitor);
    double published = (source.exportedNanos() - source.firstNanos()) / 1e9;
    double inForce = (recording.lastVerdictNanos() - source.firstNanos()) / 1e9;
    special.put(Metric.EXPORT_IN_FORCE_S, inForce);
    figures.add(new Figure("products", scenario.load().records(), "", null));
    figures.add(new Figure("published after", published, "s", null));
    figures.add(new Figure("in force after", inForce, "s", Figure.Direction.LOWER));
  }

  /**
   * Follows a stretch of load to its last verdict.
   *
   * @param inflicting what else has to end before; null for nothing
   */
  private void follow(
      Simulation simulation,
      Future<SimulationSummary> sending,
      Future<?> inflicting,
      Recording stretch,
      RunMonitor monitor)
      throws Exception {
    try {
      boolean complete =
          monitor.follow(
              stretch, () -> !sending.isDone() || (inflicting != null && !inflicting.isDone()));
      simulation.stop();
      sent = requireAllSent(get(sending));
      if (inflicting != null) {
        get(inflicting);
      }
      if (!complete) {
        notes.add(stalled());
      }
    } finally {
      simulation.stop();
    }
  }

  private static String stalled() {
    return "No verdict came for %d s: not waited any longer."
        .formatted(RunMonitor.STALLED.toSeconds());
  }

  private static SimulationSummary requireAllSent(SimulationSummary summary) {
    if (summary.failures() > 0) {
      throw new IllegalStateException(
          "%,d records could not be sent: %s"
              .formatted(summary.failures(), summary.firstFailure()));
    }
    return summary;
  }

  private List<ProcessResources> used(Testbed testbed, Recording stretch) {
    long from = stretch.measuredFromNanos();
    long to = from + (long) (stretch.measuredSeconds() * 1e9);
    return resources.between(from, to, gcLog(testbed));
  }

  private static Function<String, Path> gcLog(Testbed testbed) {
    return process -> testbed.logs().resolve(process + "-gc.log");
  }

  /**
   * Audits everything, or what was sent since a time.
   *
   * @param since null for everything
   */
  private AuditResult audit(KafkaConnection kafka, Path ledger, Instant since) {
    progress.live("%s: auditing", this);
    AuditReport report =
        new Audit(
                AuditConfig.builder(kafka.bootstrapServers())
                    .clientProperties(kafka.clientProperties())
                    .topics(kafka.topics())
                    .ledger(ledger)
                    .since(since)
                    .waitFor(AUDIT_WAIT)
                    .build())
            .run();
    return decides() ? AuditResult.of(report) : AuditResult.ofCopies(report);
  }

  private RunResult result(String failure, boolean interrupted) {
    Recording latencyOf = recording;
    Recording throughputOf = drained == null ? latencyOf : drained;
    List<Point> verdicts = throughputOf.verdictSeries();
    List<Point> published = throughputOf.acknowledgedSeries();
    List<Point> backlog = throughputOf.backlogSeries();
    LoadProfile load = scenario.load();
    double committedPerS =
        special.containsKey(Metric.DRAIN_PER_S)
            ? special.get(Metric.DRAIN_PER_S)
            : load.stages().isEmpty()
                ? throughputOf.drainRate(0)
                : throughputOf.meanOverMeasured(verdicts);
    List<FaultResult> inflicted =
        faults == null ? List.of() : faults.results(scenario.p99LimitMs());
    List<String> allNotes = new ArrayList<>(notes);
    if (interrupted) {
      allNotes.add("The run was interrupted: it has no audit.");
    }
    if (!decides()) {
      allNotes.add(
          "This engine decides nothing: it was only checked that each input came out once, not with"
              + " what verdict.");
    }
    long failedCheckpoints = checkpoints.failedSince(measuredFromMillis(throughputOf));
    if (failedCheckpoints > 0) {
      allNotes.add(
          failedCheckpoints == 1
              ? "A checkpoint failed while it was measured."
              : failedCheckpoints + " checkpoints failed while it was measured.");
    }
    if (profile != null) {
      allNotes.addAll(profile.notes());
    }
    Judgement judgement =
        new Judgement(
            scenario, latencyOf, faults, inflicted, sent, audit, used, environment, special);
    return RunResult.builder(scenario.name(), engineName())
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
                latencyOf.measuredSeconds()))
        .throughput(
            new Throughput(
                committedPerS,
                verdicts,
                throughputOf.meanOverMeasured(published),
                processedPerS,
                committedPerS,
                published))
        .latencyMs(latencyOf.latency())
        .audit(audit)
        .shares(judgement.shares())
        .faults(inflicted)
        .resources(used)
        .leaks(leaks)
        .checkpoints(checkpoints.since(measuredFromMillis(throughputOf)))
        .consumerLag(
            new ConsumerLag(
                backlog.stream().mapToLong(point -> (long) point.y()).max().orElse(0), backlog))
        .search(search)
        .figures(figures)
        .profile(profile == null ? null : profile.profile())
        .flameGraphs(profile == null ? List.of() : profile.flameGraphs())
        .objectives(judgement.objectives())
        .ratios(scenario.ratios())
        .notes(allNotes)
        .build();
  }

  private static long measuredFromMillis(Recording stretch) {
    if (!stretch.started()) {
      return Long.MAX_VALUE;
    }
    long ago = System.nanoTime() - stretch.measuredFromNanos();
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

  private boolean decides() {
    return engine == null || engine.decides();
  }

  private String engineName() {
    return engine == null ? LiveDeployment.NAME : engine.name();
  }

  @Override
  public String toString() {
    return scenario.name() + " on " + engineName() + " (" + repeat + ")";
  }
}
