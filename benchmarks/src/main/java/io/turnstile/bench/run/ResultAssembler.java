package io.turnstile.bench.run;

import io.turnstile.bench.engine.Deployment;
import io.turnstile.bench.evaluate.ObjectiveEvaluation;
import io.turnstile.bench.measure.CheckpointLog;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.measure.ResourceSampler;
import io.turnstile.bench.measure.SteadyState;
import io.turnstile.bench.result.Point;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.RunResult.ConsumerLag;
import io.turnstile.bench.result.RunResult.FaultResult;
import io.turnstile.bench.result.RunResult.Load;
import io.turnstile.bench.result.RunResult.ScenarioMetric;
import io.turnstile.bench.result.RunResult.ScenarioMetric.Direction;
import io.turnstile.bench.result.RunResult.Throughput;
import io.turnstile.bench.result.RunResultBuilder;
import io.turnstile.bench.scenario.Metric;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.simulator.SimulationSummary;
import io.turnstile.simulator.http.AnswerAudit;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.HdrHistogram.Histogram;

/**
 * Collects what a run measures, and makes its result of what there is at a time: at the end, or
 * when the run is interrupted. Thread-safe.
 */
final class ResultAssembler implements AutoCloseable {

  private final Scenario scenario;
  private final RunResultBuilder result;
  private final ResourceSampler resources;
  private final CheckpointLog checkpoints = new CheckpointLog();
  private final List<String> notes = new ArrayList<>();
  private final List<ScenarioMetric> metrics = new ArrayList<>();
  private final Map<Metric, Double> special = new EnumMap<>(Metric.class);
  private final LatencyRecorder throughput;
  private LatencyRecorder latency;
  private Double offeredPerS;
  private FaultTimeline faults;
  private SimulationSummary sent;
  private Double processedPerS;
  private String givenUp;

  /** The throughput, and most often the latency, is that of a stretch of load. */
  ResultAssembler(
      Scenario scenario, String engine, int repeat, String command, LatencyRecorder stretch) {
    this(scenario, engine, repeat, command, stretch, new ResourceSampler());
  }

  /** The same by another sampler, which is closed with this. */
  ResultAssembler(
      Scenario scenario,
      String engine,
      int repeat,
      String command,
      LatencyRecorder stretch,
      ResourceSampler sampler) {
    this.scenario = scenario;
    resources = sampler;
    latency = stretch;
    throughput = stretch;
    offeredPerS = scenario.load().stages().isEmpty() ? null : scenario.load().meanRate();
    result =
        RunResult.builder(scenario.name(), engine)
            .repeat(repeat)
            .startedAt(Instant.now())
            .command(command)
            .ratios(scenario.ratios())
            .search(List.of())
            .resources(List.of());
  }

  synchronized LatencyRecorder latency() {
    return latency;
  }

  synchronized void latencyOf(LatencyRecorder stretch) {
    latency = stretch;
  }

  ResourceSampler resources() {
    return resources;
  }

  CheckpointLog checkpoints() {
    return checkpoints;
  }

  synchronized void set(Consumer<RunResultBuilder> parts) {
    parts.accept(result);
  }

  synchronized Instant startedAt() {
    return result.startedAt();
  }

  /** The rate that was offered, if it is not that of the scenario. */
  synchronized void offeredPerS(double rate) {
    offeredPerS = rate;
  }

  synchronized void faults(FaultTimeline timeline) {
    faults = timeline;
  }

  /** The faults so far. */
  synchronized List<FaultResult> inflicted() {
    return faults == null ? List.of() : faults.results();
  }

  synchronized void sent(SimulationSummary summary) {
    sent = summary;
  }

  synchronized Optional<SimulationSummary> sent() {
    return Optional.ofNullable(sent);
  }

  synchronized void processedPerS(Double rate) {
    processedPerS = rate;
  }

  /** Takes what the processes used between two instants. */
  synchronized void resourcesBetween(Deployment deployment, long fromNanos, long toNanos)
      throws IOException {
    Function<String, Path> gcLog =
        process -> deployment.testbed().logs().resolve(process + "-gc.log");
    result.resources(resources.between(fromNanos, toNanos, gcLog));
  }

  synchronized void note(String note) {
    notes.add(note);
  }

  /**
   * Fails the run, also if its audit is clean: verdicts that came when nobody waited for them any
   * longer are in no latency.
   */
  synchronized void giveUp(String why) {
    givenUp = why;
  }

  synchronized boolean gaveUp() {
    return givenUp != null;
  }

  /** Takes what was found of a gateway's answers; if they do not hold, the run fails. */
  synchronized void answers(AnswerAudit audit) {
    note("Answers: " + audit.summary() + ".");
    if (!audit.passed()) {
      giveUp("the answers do not agree with the topics: " + audit.examples().get(0));
    }
  }

  /** Takes a metric that only this scenario has; {@code better} is null if it has no direction. */
  synchronized void metric(String name, double value, String unit, Direction better) {
    metric(new ScenarioMetric(name, value, unit, better));
  }

  synchronized void metric(ScenarioMetric metric) {
    metrics.add(metric);
  }

  /** Takes the value of a metric that only the procedure can measure. */
  synchronized void special(Metric metric, double value) {
    special.put(metric, value);
  }

  /** Returns the distribution of what was sent outside of faults and recovery, in microseconds. */
  synchronized Histogram undisturbed() {
    return latency.measured(this::isUndisturbed);
  }

  private boolean isUndisturbed(long second) {
    return faults == null || faults.undisturbed(second);
  }

  /** Makes the result of what there is now; the failure is null if there is none. */
  synchronized RunResult assemble(String failure, boolean interrupted) {
    List<Point> verdicts = throughput.verdictSeries();
    List<Point> published = throughput.acknowledgedSeries();
    List<Point> backlog = throughput.backlogSeries();
    double committedPerS = committedPerS(verdicts);
    double publishedPerS = throughput.meanOverMeasured(published);
    double warmUpS = scenario.load().warmUp().toMillis() / 1000.0;
    long count = published.stream().mapToLong(point -> (long) point.y()).sum();
    long maxLag = backlog.stream().mapToLong(point -> (long) point.y()).max().orElse(0);
    List<FaultResult> inflicted = inflicted();
    Optional<SteadyState> steady = steady(inflicted);
    Double steadyAfterS = steady.map(SteadyState::afterS).orElse(null);
    Map<Metric, Double> measuredHere = new EnumMap<>(special);
    measuredHere.put(Metric.STEADY_AFTER_S, steadyAfterS);
    ObjectiveEvaluation evaluation =
        new ObjectiveEvaluation(
            scenario,
            latency,
            this::isUndisturbed,
            inflicted,
            sent,
            result.audit(),
            result.resources(),
            result.environment(),
            measuredHere);
    return result
        .interrupted(interrupted)
        .failure(failure == null ? givenUp : failure)
        .load(new Load(offeredPerS, count, warmUpS, latency.measuredSeconds()))
        .throughput(
            new Throughput(
                committedPerS, verdicts, publishedPerS, processedPerS, committedPerS, published))
        .latencyMs(latency.latency())
        .steadyAfterS(steadyAfterS)
        .shares(evaluation.shares())
        .faults(inflicted)
        .checkpoints(checkpoints.since(throughput.measuredFromMillis()))
        .consumerLag(new ConsumerLag(maxLag, backlog))
        .figures(List.copyOf(metrics))
        .objectives(evaluation.objectives())
        .notes(notes(interrupted, steady.flatMap(SteadyState::note)))
        .build();
  }

  private double committedPerS(List<Point> verdicts) {
    double measured =
        scenario.load().stages().isEmpty()
            ? throughput.drainRate(0)
            : throughput.meanOverMeasured(verdicts);
    return special.getOrDefault(Metric.DRAIN_PER_S, measured);
  }

  /** Empty unless the load has rates: only then is it known when a verdict was in time. */
  private Optional<SteadyState> steady(List<FaultResult> inflicted) {
    if (scenario.load().stages().isEmpty() || !throughput.started()) {
      return Optional.empty();
    }
    int firstFault =
        inflicted.stream()
            .mapToLong(fault -> throughput.measuredFromNanos() + (long) (fault.atS() * 1e9))
            .mapToInt(throughput::secondOf)
            .min()
            .orElse(Integer.MAX_VALUE);
    int seconds = throughput.acknowledgedSeries().size();
    double[] cores = resources.compilerCores(throughput.startNanos(), seconds);
    return Optional.of(new SteadyState(throughput, cores, firstFault, scenario.p99LimitMs()));
  }

  private List<String> notes(boolean interrupted, Optional<String> notSteady) {
    List<String> all = new ArrayList<>(notes);
    notSteady.ifPresent(all::add);
    if (interrupted) {
      all.add("The run was interrupted: it has no audit.");
    }
    long failed = checkpoints.failedSince(throughput.measuredFromMillis());
    if (failed > 0) {
      all.add(
          failed == 1
              ? "A checkpoint failed while it was measured."
              : failed + " checkpoints failed while it was measured.");
    }
    return all;
  }

  @Override
  public void close() {
    resources.close();
  }
}
