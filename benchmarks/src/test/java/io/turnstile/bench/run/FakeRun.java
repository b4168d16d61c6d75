package io.turnstile.bench.run;

import io.turnstile.bench.engine.Deployment;
import io.turnstile.bench.engine.Engines;
import io.turnstile.bench.engine.LiveEngine;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.run.Benchmark.RunSetup;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.bench.scenario.Scenarios;
import io.turnstile.clients.TokenClaims;
import io.turnstile.events.TopicNames;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.testbed.JobAdditions;
import io.turnstile.testbed.Testbed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;

/** A run whose loads are decided by the test, on a deployment that is left alone. */
final class FakeRun implements Procedure.Sender {

  /** Decides what is sent. */
  interface Decider {
    void decide(Procedure.Load load, LatencyRecorder stretch) throws Exception;
  }

  final List<Procedure.Load> sent = new ArrayList<>();
  final List<String> lines = new ArrayList<>();
  final RunContext context;
  long failed;
  private final Decider decider;

  FakeRun(Scenario scenario, Decider decider) {
    this(scenario, live(), decider);
  }

  private FakeRun(Scenario scenario, Deployment deployment, Decider decider) {
    this.decider = decider;
    RunSetup setup =
        new RunSetup(
            scenario,
            Engines.named("turnstile"),
            1,
            Path.of("out"),
            "the test",
            false,
            Optional.empty(),
            Optional.empty());
    LatencyRecorder recorder = new LatencyRecorder(scenario.load().warmUp().toNanos());
    ResultAssembler results = new ResultAssembler(scenario, "live", 1, "the test", recorder);
    context = new RunContext(setup, view(), deployment, results, ForkJoinPool.commonPool());
  }

  /** Returns the context of a run on a testbed. */
  static RunContext on(Testbed testbed, Scenario scenario) {
    Deployment deployment = new Deployment(null, null, null, "fake", testbed, null);
    return new FakeRun(scenario, deployment, (load, stretch) -> {}).context;
  }

  private static Deployment live() {
    return new LiveEngine(
            new KafkaConnection("none", Map.of(), TopicNames.DEFAULT),
            Path.of("key"),
            TokenClaims.NONE,
            JobAdditions.NONE,
            Optional.empty())
        .deploy(null, Path.of("."), Path.of("."));
  }

  /** Reads a scenario with that load and these further lines. */
  static Scenario scenario(Path directory, String load, String... further) throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("fake.yaml"),
            "description: D.\nload: {%s}\nobjectives: {success_percent: 100}\n%s\n"
                .formatted(load, String.join("\n", further)));
    return Scenarios.read(file, Engines.names());
  }

  /** Records transactions at a rate from second 0 on, each decided after so many milliseconds. */
  static void decide(LatencyRecorder stretch, double rate, double seconds, long afterMillis) {
    for (long i = 0; i < rate * seconds; i++) {
      long intended = (long) (i / rate * 1e9);
      stretch.sent(intended, intended);
      stretch.joined(0, intended, intended + afterMillis * 1_000_000);
    }
  }

  /** Does what the scenario's procedure does, and makes the result. */
  RunResult run() throws Exception {
    RunningEngine engine = context.deployment().start();
    Procedure.of(context.scenario()).run(context, engine, this);
    return context.results().assemble(null, false);
  }

  private RunView view() {
    return new RunView() {
      @Override
      public void line(String format, Object... arguments) {
        lines.add(format + " " + List.of(arguments));
      }

      @Override
      public void live(String format, Object... arguments) {}

      @Override
      public void tick(LatencyRecorder stretch, long sent, long answered) {}
    };
  }

  @Override
  public void send(Procedure.Load load, LatencyRecorder stretch, Future<?> meanwhile)
      throws Exception {
    sent.add(load);
    decider.decide(load, stretch);
    meanwhile.get();
  }

  @Override
  public void drain(LatencyRecorder stretch) throws Exception {
    decider.decide(new Procedure.Load.Unpaced(filled()), stretch);
  }

  /** Returns how many transactions lie in the topic before the engine starts. */
  long filled() {
    return Procedure.of(context.scenario()).fill(context.scenario().load());
  }

  @Override
  public long failedSince(long nanos) {
    return failed;
  }

  @Override
  public Double processedPerS() {
    return 42.0;
  }
}
