package io.turnstile.bench.run;

import io.turnstile.bench.engine.Deployment;
import io.turnstile.bench.evaluate.ObjectiveEvaluation;
import io.turnstile.bench.measure.CheckpointLog;
import io.turnstile.bench.measure.LatencyRecorder;
import io.turnstile.bench.measure.ResourceSampler;
import io.turnstile.bench.result.AuditResult;
import io.turnstile.bench.result.CheckpointResult;
import io.turnstile.bench.result.ConsumerLag;
import io.turnstile.bench.result.Environment;
import io.turnstile.bench.result.FaultResult;
import io.turnstile.bench.result.LeakResult;
import io.turnstile.bench.result.Load;
import io.turnstile.bench.result.Point;
import io.turnstile.bench.result.ProcessResources;
import io.turnstile.bench.result.RateStep;
import io.turnstile.bench.result.RunResult;
import io.turnstile.bench.result.RunResultBuilder;
import io.turnstile.bench.result.ScenarioMetric;
import io.turnstile.bench.result.Throughput;
import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.bench.scenario.Metric;
import io.turnstile.bench.scenario.Scenario;
import io.turnstile.simulator.SimulationSummary;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * Collects what a run measures, and makes its result of what there is at a time: at the end, or
 * when the run is interrupted. Thread-safe.
 */
final class ResultAssembler implements AutoCloseable {

  private final Scenario scenario;
  private final RunResultBuilder result;
  private final ResourceSampler resources = new ResourceSampler();
  private final CheckpointLog checkpoints = new CheckpointLog();
  private final List<String> notes = new ArrayList<>();
  private final List<RateStep> search = new ArrayList<>();
  private final List<ScenarioMetric> metrics = new ArrayList<>();
  private final Map<Metric, Double> special = new EnumMap<>(Metric.class);
  private final LatencyRecorder throughput;
  private LatencyRecorder latency;
  private Double offeredPerS;
  private FaultTimeline faults;
  private SimulationSummary sent;
  private List<ProcessResources> used = List.of();
  private Double processedPerS;
  private ProfiledStretch profile;

  /**
   * Begins a result.
   *
   * @param engine its name in the result
   * @param recorder of the stretch of load that throughput, and most often latency, is of
   */
  ResultAssembler(
      Scenario scenario, String engine, int repeat, String command, LatencyRecorder recorder) {
    this.scenario = scenario;
    this.latency = recorder;
    this.throughput = recorder;
    LoadProfile load = scenario.load();
    offeredPerS = load.stages().isEmpty() ? null : load.meanRate();
    result =
        RunResult.builder(scenario.name(), engine)
            .repeat(repeat)
            .startedAt(Instant.now())
            .command(command)
            .ratios(scenario.ratios());
  }

  /** The stretch of load that the latency is of. */
  synchronized LatencyRecorder latency() {
    return latency;
  }

  /** Takes the latency of another stretch. */
  synchronized void latencyOf(LatencyRecorder stretch) {
    latency = stretch;
  }

  ResourceSampler resources() {
    return resources;
  }

  CheckpointLog checkpoints() {
    return checkpoints;
  }

  /** Returns the checkpoints of the measured part of a stretch. */
  List<CheckpointResult> checkpointsSince(LatencyRecorder stretch) {
    return checkpoints.since(measuredFromMillis(stretch));
  }

  /** Sets the time when the run began; the default is the time when this object was made. */
  synchronized void startedAt(Instant instant) {
    result.startedAt(instant);
  }

  synchronized Instant startedAt() {
    return result.startedAt();
  }

  /** The rate that was offered, if it is not that of the scenario. */
  synchronized void offeredPerS(double rate) {
    offeredPerS = rate;
  }

  synchronized void engine(Environment environment, Map<String, String> settings) {
    result.environment(environment).settings(settings);
  }

  synchronized void faults(FaultTimeline timeline) {
    faults = timeline;
  }

  synchronized void sent(SimulationSummary summary) {
    sent = summary;
  }

  /** Returns the summary of the last load that was sent to its end. */
  synchronized Optional<SimulationSummary> sent() {
    return Optional.ofNullable(sent);
  }

  synchronized void audit(AuditResult audit) {
    result.audit(audit);
  }

  synchronized boolean auditPassed() {
    return result.audit() != null && result.audit().passed();
  }

  synchronized void leaks(LeakResult leaks) {
    result.leaks(leaks);
  }

  synchronized void profile(ProfiledStretch stretch) {
    profile = stretch;
  }

  synchronized void processedPerS(Double rate) {
    processedPerS = rate;
  }

  /** Takes what the processes used between two instants. */
  synchronized void resourcesBetween(Deployment deployment, long fromNanos, long toNanos) {
    used =
        resources.between(
            fromNanos,
            toNanos,
            process -> deployment.testbed().logs().resolve(process + "-gc.log"));
  }

  synchronized void note(String note) {
    notes.add(note);
  }

  synchronized void add(RateStep step) {
    search.add(step);
  }

  synchronized void add(ScenarioMetric metric) {
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
    return faults == null || faults.undisturbed(second, scenario.p99LimitMs());
  }

  /**
   * Makes the result of what there is now.
   *
   * @param failure why the run could not be finished; null if it could
   * @param interrupted true if the run will not end of itself
   */
  synchronized RunResult assemble(String failure, boolean interrupted) {
    List<Point> verdicts = throughput.verdictSeries();
    List<Point> published = throughput.acknowledgedSeries();
    List<Point> backlog = throughput.backlogSeries();
    double committedPerS = committedPerS(verdicts);
    List<FaultResult> inflicted =
        faults == null ? List.of() : faults.results(scenario.p99LimitMs());
    ObjectiveEvaluation evaluation =
        new ObjectiveEvaluation(
            scenario,
            latency,
            this::isUndisturbed,
            inflicted,
            sent,
            result.audit(),
            used,
            result.environment(),
            special);
    return result
        .interrupted(interrupted)
        .failure(failure)
        .load(
            new Load(
                offeredPerS,
                published.stream().mapToLong(point -> (long) point.y()).sum(),
                scenario.load().warmUp().toMillis() / 1000.0,
                latency.measuredSeconds()))
        .throughput(
            new Throughput(
                committedPerS,
                verdicts,
                throughput.meanOverMeasured(published),
                processedPerS,
                committedPerS,
                published))
        .latencyMs(latency.latency())
        .shares(evaluation.shares())
        .faults(inflicted)
        .resources(used)
        .checkpoints(checkpointsSince(throughput))
        .consumerLag(
            new ConsumerLag(
                backlog.stream().mapToLong(point -> (long) point.y()).max().orElse(0), backlog))
        .search(search)
        .figures(metrics)
        .profile(profile == null ? null : profile.profile())
        .flameGraphs(profile == null ? List.of() : profile.flameGraphs())
        .objectives(evaluation.objectives())
        .notes(notes(interrupted))
        .build();
  }

  private double committedPerS(List<Point> verdicts) {
    if (special.containsKey(Metric.DRAIN_PER_S)) {
      return special.get(Metric.DRAIN_PER_S);
    }
    return scenario.load().stages().isEmpty()
        ? throughput.drainRate(0)
        : throughput.meanOverMeasured(verdicts);
  }

  private List<String> notes(boolean interrupted) {
    List<String> all = new ArrayList<>(notes);
    if (interrupted) {
      all.add("The run was interrupted: it has no audit.");
    }
    long failed = checkpoints.failedSince(measuredFromMillis(throughput));
    if (failed > 0) {
      all.add(
          failed == 1
              ? "A checkpoint failed while it was measured."
              : failed + " checkpoints failed while it was measured.");
    }
    if (profile != null) {
      all.addAll(profile.notes());
    }
    return all;
  }

  private static long measuredFromMillis(LatencyRecorder stretch) {
    if (!stretch.started()) {
      return Long.MAX_VALUE;
    }
    long ago = System.nanoTime() - stretch.measuredFromNanos();
    return System.currentTimeMillis() - TimeUnit.NANOSECONDS.toMillis(ago);
  }

  @Override
  public void close() {
    resources.close();
  }
}
