package io.turnstile.bench.scenario;

import io.turnstile.bench.engine.EngineSettings;
import io.turnstile.bench.result.RatioLimit;
import java.util.List;
import java.util.Map;

/**
 * A load, what happens meanwhile, and what must come of it. Immutable.
 *
 * @param faults in the order of time
 * @param objectives limits that a run has to keep
 * @param goals limits that are wished for: reported, but a run passes without them
 * @param ratios of engines to each other
 */
public record Scenario(
    String name,
    String description,
    Procedure procedure,
    LoadProfile load,
    List<PlannedFault> faults,
    EngineSettings engine,
    Map<Metric, Double> objectives,
    Map<Metric, Double> goals,
    List<RatioLimit> ratios) {

  /** How a run goes about it. */
  public enum Procedure {
    /** Sends at the intended times, whatever comes back. */
    OPEN_LOOP,
    /** Drains a topic that was filled before, then looks for the highest rate that holds. */
    SATURATION,
    /** Publishes products until the last is in force. */
    INVENTORY_EXPORT
  }

  /** Copies the collections. */
  public Scenario {
    faults = List.copyOf(faults);
    objectives = Map.copyOf(objectives);
    goals = Map.copyOf(goals);
    ratios = List.copyOf(ratios);
  }

  /** The same with another load. */
  public Scenario withLoad(LoadProfile other) {
    return new Scenario(
        name, description, procedure, other, faults, engine, objectives, goals, ratios);
  }

  /** The latency limit that counts as being back to normal, in milliseconds, for the p99. */
  public double p99LimitMs() {
    return objectives.getOrDefault(
        Metric.COMMITTED_P99_MS, objectives.getOrDefault(Metric.UNDISTURBED_P99_MS, 200.0));
  }
}
