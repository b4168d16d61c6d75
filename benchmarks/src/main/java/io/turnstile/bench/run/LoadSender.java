package io.turnstile.bench.run;

import io.turnstile.bench.engine.Deployment;
import io.turnstile.bench.engine.FlinkJob;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.http.HttpProbe;
import io.turnstile.bench.http.LocalGateway;
import io.turnstile.bench.http.WebhookExport;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.measure.Probe;
import io.turnstile.bench.measure.VerdictProbe;
import io.turnstile.bench.measure.VerdictProbe.VerdictListener;
import io.turnstile.bench.result.RunResult.ScenarioMetric;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.clients.FlinkRestException;
import io.turnstile.simulator.EventSource;
import io.turnstile.simulator.Generator;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.RateStage;
import io.turnstile.simulator.SimulatedEvent.ProductUpdate;
import io.turnstile.simulator.Simulation;
import io.turnstile.simulator.SimulationListener;
import io.turnstile.simulator.SimulationOptions;
import io.turnstile.simulator.SimulationSummary;
import io.turnstile.simulator.TokenIssuer;
import io.turnstile.simulator.http.AnswerAudit;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Sends by the simulator, all to the same topics and into one ledger, and reads the verdicts; or
 * all to a gateway, and takes its answers. While a load is followed, the run is sampled once a
 * second.
 */
final class LoadSender implements Procedure.Sender, AutoCloseable {

  /** The time to wait for rejections that are to be answered with a fresh token. */
  private static final Duration RETRY_WAIT = Duration.ofSeconds(60);

  private static final Duration TICK = Duration.ofSeconds(1);

  /** For how long no verdict that is due may come until nobody waits for it any longer. */
  private static final Duration STALLED = Duration.ofSeconds(60);

  private static final String GIVEN_UP =
      "No verdict came for %d s: not waited any longer.".formatted(STALLED.toSeconds());

  private final RunContext context;
  private final LoadProfile profile;
  private final Path ledger;
  private final TokenIssuer tokens;
  private final Probe probe;
  private final JobMetrics metrics = new JobMetrics();
  private RunningEngine engine;
  private LocalGateway gateway;
  private long generators;

  LoadSender(RunContext context, Path ledger) throws IOException {
    this.context = context;
    this.profile = context.scenario().load();
    this.ledger = ledger;
    Deployment deployment = context.deployment();
    tokens =
        TokenIssuer.load(
            deployment.signingKey(), profile.tokenLifetime(), deployment.tokenClaims());
    VerdictListener listener = context.view().listener(context.results().latency());
    probe =
        profile.isOverHttp()
            ? new HttpProbe(ledger.resolveSibling("answers.jsonl"), listener)
            : new VerdictProbe(deployment.kafka(), !deployment.isOurs(), listener);
  }

  /** Sends so many transactions and does not wait for verdicts: before the engine runs. */
  void fill(long count) throws Exception {
    Future<SimulationSummary> sending =
        context.threads().submit(simulation(new Procedure.Load.Unpaced(count))::run);
    while (!sending.isDone()) {
      context.view().live("filling the topic, %,d", probe.sent());
      TimeUnit.MILLISECONDS.sleep(100);
    }
    allSent(get(sending));
  }

  /** Goes on once the engine runs: with a gateway before it, if the load is sent to one. */
  void started(RunningEngine running) throws Exception {
    engine = running;
    if (probe instanceof HttpProbe http) {
      gateway =
          context
              .view()
              .step("starting the gateway", () -> LocalGateway.start(context.deployment(), 0));
      context.beside().add(gateway.process());
      http.connect(gateway.address(), profile.connections());
    }
  }

  private Map<String, Long> pids() {
    Map<String, Long> pids = new LinkedHashMap<>(engine.pids());
    if (!context.beside().isEmpty()) {
      pids.putAll(context.deployment().testbed().pids(context.beside()));
    }
    return pids;
  }

  /** Compares the answers of a gateway with the topics; empty if none was asked. */
  Optional<AnswerAudit> auditAnswers() throws IOException {
    return probe instanceof HttpProbe http
        ? Optional.of(http.audit(context.deployment().kafka()))
        : Optional.empty();
  }

  @Override
  public void send(Procedure.Load load, LatencyRecorder stretch, Future<?> meanwhile)
      throws Exception {
    probe.tell(context.view().listener(stretch));
    Simulation simulation = simulation(load);
    Future<SimulationSummary> sending = context.threads().submit(simulation::run);
    try {
      if (!follow(stretch, () -> isUnderWay(sending, meanwhile))) {
        context.results().giveUp(GIVEN_UP);
      }
      simulation.stop();
      allSent(get(sending));
      get(meanwhile);
    } finally {
      simulation.stop();
      meanwhile.cancel(true);
    }
  }

  /** Fails at once if sending does, whatever else goes on. */
  private static boolean isUnderWay(Future<?> sending, Future<?> meanwhile) throws Exception {
    if (sending.isDone()) {
      get(sending);
    }
    return !sending.isDone() || !meanwhile.isDone();
  }

  @Override
  public void drain(LatencyRecorder stretch) throws Exception {
    if (!follow(stretch, () -> false)) {
      throw new IllegalStateException(GIVEN_UP);
    }
  }

  /**
   * Follows a stretch of load until it is over; fails if sending or the engine does.
   *
   * @param sending whether more is to come
   * @return false if it was given up, because no verdict came for {@link #STALLED}
   */
  private boolean follow(LatencyRecorder recording, Callable<Boolean> sending) throws Exception {
    long answeredBefore = -1;
    long aliveNanos = System.nanoTime();
    long dueNanos = System.nanoTime();
    while (true) {
      context.results().resources().sample(pids());
      boolean stillSending = sending.call();
      FlinkJob job = engine.flinkJob().orElse(null);
      if (job != null) {
        context.results().checkpoints().collect(job.flink(), job.jobId());
        if (stillSending
            && recording.started()
            && System.nanoTime() > recording.measuredFromNanos()) {
          metrics.note(job);
        }
        if (isOver(job)) {
          throw new IllegalStateException("the job is over" + job.cause());
        }
      }
      probe.requireReading();
      long answered = probe.answered();
      context.view().tick(recording, probe.sent(), answered);
      boolean allAnswered = answered >= probe.sent();
      if (!stillSending && allAnswered) {
        return true;
      }
      if (answered > answeredBefore || allAnswered || !recording.started()) {
        answeredBefore = answered;
        aliveNanos = System.nanoTime();
      } else if (System.nanoTime() - aliveNanos > STALLED.toNanos()) {
        return false;
      }
      dueNanos += TICK.toNanos();
      TimeUnit.NANOSECONDS.sleep(dueNanos - System.nanoTime());
    }
  }

  private static boolean isOver(FlinkJob job) {
    try {
      return job.flink().isOver(job.jobId());
    } catch (FlinkRestException e) {
      // Too busy to answer, or dead on purpose.
      return false;
    }
  }

  private void allSent(SimulationSummary summary) {
    context.results().sent(summary);
    if (summary.failures() > 0) {
      String what = "%,d records could not be sent: %s";
      throw new IllegalStateException(what.formatted(summary.failures(), summary.firstFailure()));
    }
  }

  private Simulation simulation(Procedure.Load load) throws IOException, InterruptedException {
    SimulationOptions options = new SimulationOptions();
    EventSource source;
    if (load instanceof Procedure.Load.Unpaced unpaced) {
      options.count(unpaced.count());
      source = generator(0);
    } else if (load instanceof Procedure.Load.AtRate at) {
      options.stages(List.of(RateStage.constant(at.length(), at.rate())));
      source = generator(at.rate());
    } else if (load instanceof Procedure.Load.Users of) {
      options.count(of.requests());
      source = generator(0);
      ((HttpProbe) probe).users(of.users());
    } else if (load instanceof Procedure.Load.Of from) {
      source = from.source();
    } else {
      options.stages(profile.allStages()).retry(profile.refreshTokens()).retryWait(RETRY_WAIT);
      if (profile.records() > 0) {
        options.count(profile.records());
      }
      source = context.setup().source().orElseGet(() -> generator(profile.meanRate()));
    }
    KafkaConnection kafka = context.deployment().kafka();
    return probe instanceof HttpProbe http
        ? new Simulation(kafka, source, tokens, options, SimulationListener.NONE).over(http)
        : new Simulation(kafka, source, tokens, options.ledger(ledger), (VerdictProbe) probe);
  }

  /** Only the first one publishes customers and products, and no two make the same transactions. */
  private Generator generator(double rate) {
    long number = generators++;
    return new Generator(
        profile
            .generator(rate)
            .seed(profile.seed() + number)
            .runId(number + "-" + Long.toString(System.currentTimeMillis(), Character.MAX_RADIX))
            .publishReference(number == 0));
  }

  @Override
  public void publish(Supplier<ProductUpdate> next) throws Exception {
    WebhookExport.send(gateway, next);
  }

  @Override
  public long failedSince(long nanos) {
    return probe instanceof HttpProbe http ? http.failedSince(nanos) : 0;
  }

  @Override
  public Double processedPerS() {
    return metrics.processedPerS();
  }

  /** How the job used its connections to a database; empty if it has none. */
  List<ScenarioMetric> poolUse() {
    return metrics.pool();
  }

  /** Waits for what was started, and fails as it fails. */
  static <T> T get(Future<T> future) throws Exception {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  @Override
  public void close() {
    probe.close();
  }
}
