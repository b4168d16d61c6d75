package io.turnstile.bench.run;

import io.turnstile.bench.engine.Deployment;
import io.turnstile.bench.engine.Engines;
import io.turnstile.bench.engine.LiveEngine;
import io.turnstile.bench.engine.RunningEngine;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.bench.scenario.Scenarios;
import io.turnstile.events.TopicNames;
import io.turnstile.simulator.KafkaConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/** A session whose loads are decided by the test, on a deployment that is left alone. */
final class FakeSession implements RunSession {

  /** Decides what is sent. */
  interface Decider {
    void decide(Load load, LatencyRecorder stretch) throws Exception;
  }

  final List<Load> filled = new ArrayList<>();
  final List<Load> sent = new ArrayList<>();
  final List<String> lines = new ArrayList<>();
  private final RunSetup setup;
  private final ResultAssembler results;
  private final Deployment deployment;
  private final Decider decider;

  FakeSession(Scenario scenario, Decider decider) {
    this.decider = decider;
    LiveEngine engine =
        new LiveEngine(
            new KafkaConnection("none", Map.of(), TopicNames.DEFAULT),
            Path.of("key"),
            Optional.empty());
    setup =
        new RunSetup(
            scenario,
            engine,
            1,
            Path.of("out"),
            "the test",
            false,
            Optional.empty(),
            Optional.empty());
    deployment = engine.deploy(scenario.engine(), Path.of("."), Path.of("."));
    results =
        new ResultAssembler(
            scenario,
            engine.name(),
            1,
            "the test",
            new LatencyRecorder(scenario.load().warmUp().toNanos()));
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
      stretch.joined(intended, intended + afterMillis * 1_000_000);
    }
  }

  @Override
  public RunSetup setup() {
    return setup;
  }

  @Override
  public RunView view() {
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
  public Deployment deployment() {
    return deployment;
  }

  @Override
  public RunningEngine engine() {
    try {
      return deployment.start();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public ResultAssembler results() {
    return results;
  }

  @Override
  public void fill(Load load) {
    filled.add(load);
  }

  @Override
  public void send(Load load, LatencyRecorder stretch, Future<?> meanwhile) throws Exception {
    sent.add(load);
    decider.decide(load, stretch);
    meanwhile.get();
  }

  @Override
  public void drain(LatencyRecorder stretch) throws Exception {
    decider.decide(filled.get(0), stretch);
  }

  @Override
  public Future<?> inBackground(Callable<?> work) {
    FutureTask<?> task = new FutureTask<>(work);
    task.run();
    return task;
  }

  @Override
  public long answered() {
    return results.latency().answered();
  }

  @Override
  public Double processedPerS() {
    return 42.0;
  }
}
