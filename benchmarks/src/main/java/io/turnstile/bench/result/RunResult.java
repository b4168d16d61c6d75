package io.turnstile.bench.result;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.soabase.recordbuilder.core.RecordBuilder;
import io.turnstile.bench.scenario.RatioLimit;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * One run of one scenario on one engine. Immutable. The names of the components are those of {@code
 * result.json} and do not change.
 *
 * @param scenario the scenario's name
 * @param engine the engine's name, as {@code turnstile}
 * @param passed whether the run passes by {@link PassCriteria}; never null: a result that does not
 *     say is judged by its parts
 * @param repeat from 1, which of the repeats this is; 0 in results that do not say
 * @param startedAt when the run began
 * @param command the command line that made the run
 * @param interrupted whether the user ended the run before its time
 * @param failure why the run could not be finished, one line; null if it could
 * @param settings the engine's settings, by name; all that it takes to build the same again
 * @param shares success, errors and availability
 * @param leaks of a soak, whether memory or anything else grew
 * @param search of a saturation, the rates tried for the highest that holds the objective
 * @param figures metrics that only this scenario has
 * @param profile of a profiled run, where the CPU went in the process that decides
 * @param flameGraphs of a profiled run, of each process
 * @param ratios what the scenario wants of engines beside each other
 * @param notes what else a reader should know, one line each
 */
@RecordBuilder
@JsonPropertyOrder({"scenario", "engine", "passed"})
public record RunResult(
    String scenario,
    String engine,
    Boolean passed,
    int repeat,
    Instant startedAt,
    String command,
    boolean interrupted,
    String failure,
    Environment environment,
    Map<String, String> settings,
    Load load,
    Throughput throughput,
    Latency latencyMs,
    AuditResult audit,
    Shares shares,
    List<FaultResult> faults,
    List<ProcessResources> resources,
    List<CheckpointResult> checkpoints,
    ConsumerLag consumerLag,
    LeakResult leaks,
    List<RateStep> search,
    List<ScenarioMetric> figures,
    ProfileResult profile,
    List<FlameGraphFile> flameGraphs,
    List<Objective> objectives,
    List<RatioLimit> ratios,
    List<String> notes) {

  public RunResult {
    settings = NullAsEmpty.copyOf(settings);
    faults = NullAsEmpty.copyOf(faults);
    resources = NullAsEmpty.copyOf(resources);
    checkpoints = NullAsEmpty.copyOf(checkpoints);
    search = NullAsEmpty.copyOf(search);
    figures = NullAsEmpty.copyOf(figures);
    flameGraphs = NullAsEmpty.copyOf(flameGraphs);
    objectives = NullAsEmpty.copyOf(objectives);
    ratios = NullAsEmpty.copyOf(ratios);
    notes = NullAsEmpty.copyOf(notes);
    passed = passed == null ? PassCriteria.passes(failure, interrupted, audit, objectives) : passed;
  }

  /** Returns a builder of a first repeat; not thread-safe. */
  public static RunResultBuilder builder(String scenario, String engine) {
    return RunResultBuilder.builder().scenario(scenario).engine(engine).repeat(1);
  }
}
