package io.turnstile.bench.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.turnstile.audit.Audit;
import io.turnstile.audit.AuditConfig;
import io.turnstile.audit.AuditReport;
import io.turnstile.bench.local.DeploymentWatch;
import io.turnstile.bench.local.LocalDeployment;
import io.turnstile.bench.measure.VerdictProbe;
import io.turnstile.clients.JsonFiles;
import io.turnstile.clients.Screen;
import io.turnstile.simulator.Simulation;
import io.turnstile.simulator.SimulationOptions;
import io.turnstile.simulator.SimulationSummary;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.CommonClientConfigs;

/** One demo on a deployment that runs: send, kill, catch up, audit. Used by one thread. */
final class DemoRun {

  private static final Duration TICK = Duration.ofSeconds(1);

  /** How long no verdict may come until the demo gives up. */
  private static final Duration STALLED = Duration.ofSeconds(90);

  private static final Duration AUDIT_WAIT = Duration.ofSeconds(20);
  private static final int VIOLATIONS_SHOWN = 10;

  private final LocalDeployment deployment;
  private final Screen screen;
  private final DemoPlan plan;
  private final DemoVerdicts verdicts = new DemoVerdicts();
  private final RunLatency latency;
  private final LiveTable table;
  private final DeploymentWatch watch;

  private long startNanos;
  private long killedNanos;
  private long firstAfterKillNanos;
  private Future<TestbedProcess> replacement;
  private SimulationSummary summary;
  private AuditReport audit;

  DemoRun(LocalDeployment deployment, Screen screen, DemoPlan plan) {
    this.deployment = deployment;
    this.screen = screen;
    this.plan = plan;
    latency = new RunLatency(plan.warmUp());
    watch = new DeploymentWatch(deployment, screen);
    table = new LiveTable(plan.length(), deployment.testbed().flinkUrl());
  }

  /**
   * Runs the demo to its end.
   *
   * @return whether the audit holds and everything was sent
   */
  boolean run() throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    Map<String, Object> client =
        Map.of(
            CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, deployment.testbed().bootstrapServers());
    try (VerdictProbe probe = new VerdictProbe(client, deployment.topics(), false, verdicts)) {
      Simulation simulation =
          new Simulation(
              deployment.kafka(),
              plan.source(),
              deployment.tokens(),
              new SimulationOptions()
                  .rate(plan.rate())
                  .duration(plan.duration())
                  .ledger(plan.ledger())
                  .retry(true)
                  .retryWait(STALLED),
              probe);
      screen.line("Flink's web UI: %s", deployment.testbed().flinkUrl());
      Future<SimulationSummary> sending = threads.submit(simulation::run);
      awaitFirst(simulation, probe, sending);
      follow(simulation, probe, sending, threads);
      summary = get(sending);
    } finally {
      threads.shutdownNow();
    }
    audit = audit();
    describe();
    return audit.passed() && audit.inFlight() == 0 && summary.failures() == 0;
  }

  /** Customers and products go first. */
  private void awaitFirst(
      Simulation simulation, VerdictProbe probe, Future<SimulationSummary> sending)
      throws Exception {
    screen.step(
        "Publishing customers and products",
        () -> {
          while (probe.sent() == 0 && !sending.isDone()) {
            Thread.sleep(10);
          }
          return null;
        });
    screen.line(
        "%,d inventory and customer records published; sending %,.0f transactions/s",
        simulation.progress().referenceRecords(), plan.rate());
    startNanos = System.nanoTime();
  }

  /** Shows how it goes until all is sent and has its verdict. */
  private void follow(
      Simulation simulation,
      VerdictProbe probe,
      Future<SimulationSummary> sending,
      ExecutorService threads)
      throws Exception {
    long answeredBefore = 0;
    long progressNanos = System.nanoTime();
    for (long ticks = 1; ; ticks++) {
      long due = startNanos + ticks * TICK.toNanos();
      while (System.nanoTime() < due) {
        if (killedNanos == 0 && probe.sent() >= plan.killAfter()) {
          kill(threads);
        }
        Thread.sleep(10);
      }
      show(probe);
      watch.look();
      if (replacement != null && replacement.isDone()) {
        get(replacement);
      }
      long answered = probe.answered();
      if (answered > answeredBefore) {
        answeredBefore = answered;
        progressNanos = System.nanoTime();
      }
      boolean complete = sending.isDone() && answered == probe.sent();
      boolean stalled = System.nanoTime() - progressNanos > STALLED.toNanos();
      if (complete || stalled) {
        screen.settle();
        if (!complete) {
          simulation.stop();
          screen.line("no verdict came for %d s: not waiting any longer", STALLED.toSeconds());
        }
        return;
      }
    }
  }

  private void show(VerdictProbe probe) {
    probe.requireReading();
    Histogram second = verdicts.takeLatencies();
    Duration elapsed = elapsed();
    firstAfterKillNanos = verdicts.firstAfterKillNanos();
    if (firstAfterKillNanos != Long.MAX_VALUE) {
      latency.resumed();
    }
    latency.add(second, elapsed);
    table.add(elapsed, probe.sent(), probe.answered(), verdicts.byCode(), second, latency.all());
    screen.live(table.block(), table.line());
  }

  private void kill(ExecutorService threads) {
    latency.add(verdicts.takeLatencies(), elapsed());
    latency.disturbed(elapsed());
    Testbed testbed = deployment.testbed();
    TestbedProcess victim = testbed.taskManagers().get(0);
    testbed.kill(victim);
    killedNanos = System.nanoTime();
    verdicts.killed(killedNanos);
    screen.line("%s killed (SIGKILL); starting another one", victim);
    replacement = threads.submit(testbed::startTaskManager);
  }

  private AuditReport audit() throws Exception {
    return screen.step(
        "Auditing every transaction and verdict",
        () ->
            new Audit(
                    AuditConfig.builder(deployment.testbed().bootstrapServers())
                        .topics(deployment.topics())
                        .ledger(plan.ledger())
                        .waitFor(AUDIT_WAIT)
                        .build())
                .run());
  }

  private void describe() {
    screen.line("");
    audit.toText(VIOLATIONS_SHOWN).lines().forEach(line -> screen.line("%s", line));
    if (summary.failures() > 0) {
      screen.line(
          "FAIL: %,d records could not be sent: %s", summary.failures(), summary.firstFailure());
    }
    if (summary.unanswered() > 0) {
      screen.line(
          "note: %,d retryable rejections did not come in time to be sent again",
          summary.unanswered());
    }
    screen.line("");
    screen.line(
        "Committed latency, from intended send time to the poll that gave the verdict, after a"
            + " warm-up of %.0f s:",
        seconds(plan.warmUp()));
    if (killedNanos == 0) {
      screen.line("  %s", percentiles(latency.all()));
      return;
    }
    screen.line("  the kill included              %s", percentiles(latency.all()));
    screen.line("  without the time to catch up   %s", percentiles(latency.undisturbed()));
    screen.line(
        "TaskManager killed at %.1f s: first verdict of a later transaction after %s, %s.",
        (killedNanos - startNanos) / 1e9,
        firstAfterKillNanos == Long.MAX_VALUE
            ? "never"
            : String.format(Locale.ROOT, "%.1f s", (firstAfterKillNanos - killedNanos) / 1e9),
        latency
            .disturbance()
            .map(length -> String.format(Locale.ROOT, "caught up after %.1f s", seconds(length)))
            .orElse("not caught up before the end"));
  }

  private static String percentiles(Histogram micros) {
    return String.format(
        Locale.ROOT,
        "p50 %,.0f ms   p99 %,.0f ms   (%,d verdicts)",
        micros.getValueAtPercentile(50) / 1000.0,
        micros.getValueAtPercentile(99) / 1000.0,
        micros.getTotalCount());
  }

  /** Writes {@code audit.json} and {@code demo.json}; only after {@link #run()}. */
  void write(Path directory) throws IOException {
    Files.writeString(directory.resolve("audit.json"), audit.toJson());
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode json = mapper.createObjectNode();
    json.put("scenario", "demo");
    json.put("passed", audit.passed() && audit.inFlight() == 0 && summary.failures() == 0);
    json.putObject("load")
        .put("offered_per_s", plan.rate())
        .put("sent", summary.sent())
        .put("warmup_s", seconds(plan.warmUp()))
        .put("measured_s", summary.seconds() - seconds(plan.warmUp()));
    ObjectNode latencies = json.putObject("latency_ms");
    latencies.set("committed", latencies(latency.all()));
    if (killedNanos != 0) {
      latencies.set("committed_without_fault", latencies(latency.undisturbed()));
    }
    if (killedNanos != 0) {
      ObjectNode fault =
          json.putArray("faults")
              .addObject()
              .put("at_s", (killedNanos - startNanos) / 1e9)
              .put("fault", "kill-taskmanager");
      if (firstAfterKillNanos != Long.MAX_VALUE) {
        fault.put("first_verdict_after_s", (firstAfterKillNanos - killedNanos) / 1e9);
      }
      latency.disturbance().ifPresent(length -> fault.put("caught_up_after_s", seconds(length)));
    }
    json.set("audit", mapper.readTree(audit.toJson()));
    JsonFiles.write(directory.resolve("demo.json"), json);
  }

  private static ObjectNode latencies(Histogram micros) {
    return new ObjectMapper()
        .createObjectNode()
        .put("mean", micros.getMean() / 1000)
        .put("p50", micros.getValueAtPercentile(50) / 1000.0)
        .put("p90", micros.getValueAtPercentile(90) / 1000.0)
        .put("p95", micros.getValueAtPercentile(95) / 1000.0)
        .put("p99", micros.getValueAtPercentile(99) / 1000.0)
        .put("p999", micros.getValueAtPercentile(99.9) / 1000.0)
        .put("max", micros.getMaxValue() / 1000.0);
  }

  private Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1000.0;
  }

  private static <T> T get(Future<T> future) throws Exception {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }
}
