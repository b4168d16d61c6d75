package io.turnstile.bench.scenario;

import com.fasterxml.jackson.annotation.JacksonInject;
import com.fasterxml.jackson.annotation.JsonValue;
import com.fasterxml.jackson.annotation.OptBoolean;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A load, what happens meanwhile, and what must come of it. Immutable.
 *
 * @param name of its file, without {@code .yaml}
 * @param description one line
 * @param faults in the order of time
 * @param objectives limits that a run has to keep
 * @param goals limits that are wished for: reported, but a run passes without them
 * @param ratios of engines to each other
 */
public record Scenario(
    @JacksonInject(useInput = OptBoolean.FALSE) String name,
    String description,
    Procedure procedure,
    LoadProfile load,
    List<PlannedFault> faults,
    EngineSettings engine,
    Map<Metric, Double> objectives,
    Map<Metric, Double> goals,
    List<RatioLimit> ratios) {

  /** The steps of a run. */
  public enum Procedure {
    /** Sends at the intended times, whatever comes back. */
    OPEN_LOOP,
    /** Drains a topic that was filled before, then looks for the highest rate that holds. */
    SATURATION,
    /** Publishes products, and waits until the last takes effect. */
    INVENTORY_EXPORT;

    /** Returns its name in scenario files: {@code open-loop}. */
    @JsonValue
    String key() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** Fills in the defaults, copies the collections and rejects what cannot work. */
  public Scenario {
    description =
        Check.matches("description", "(?s).*\\S.*", Check.required("description", description))
            .strip();
    procedure = Check.orDefault(procedure, Procedure.OPEN_LOOP);
    Check.required("load", load);
    faults =
        Check.orDefault(faults, List.<PlannedFault>of()).stream()
            .sorted(Comparator.comparing(PlannedFault::at))
            .toList();
    engine = Check.orDefault(engine, EngineSettings.DEFAULT);
    objectives = Map.copyOf(Check.required("objectives", objectives));
    goals = Map.copyOf(Check.orDefault(goals, Map.of()));
    ratios = List.copyOf(Check.orDefault(ratios, List.of()));
    if (!engine.onContainers()
        && faults.stream().anyMatch(planned -> planned.fault() == Fault.CUT_FROM_BROKER)) {
      throw new IllegalArgumentException("faults: cut-from-broker needs engine.testbed containers");
    }
  }

  /** The same with another load. */
  public Scenario withLoad(LoadProfile other) {
    return with(other, faults, engine);
  }

  /** The same with another load, other faults and another engine. */
  public Scenario with(LoadProfile otherLoad, List<PlannedFault> others, EngineSettings settings) {
    return new Scenario(
        name, description, procedure, otherLoad, others, settings, objectives, goals, ratios);
  }

  Scenario withRatios(List<RatioLimit> others) {
    return new Scenario(
        name, description, procedure, load, faults, engine, objectives, goals, others);
  }

  /** The p99 limit, in milliseconds, at which latency counts as normal again after a fault. */
  public double p99LimitMs() {
    return objectives.getOrDefault(
        Metric.COMMITTED_P99_MS, objectives.getOrDefault(Metric.UNDISTURBED_P99_MS, 200.0));
  }
}
