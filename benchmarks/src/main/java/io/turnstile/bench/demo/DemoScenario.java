package io.turnstile.bench.demo;

import io.turnstile.bench.scenario.LoadProfile;
import io.turnstile.bench.scenario.PlannedFault;
import io.turnstile.bench.scenario.Scenario;
import java.time.Duration;
import java.util.List;

/** Fits the scenario {@code demo} to the length and the rate that the user wants. */
final class DemoScenario {

  private static final Duration MAX_WARM_UP = Duration.ofSeconds(10);

  private DemoScenario() {}

  /**
   * Returns the scenario at that length and rate. The faults keep their place on the way.
   *
   * @param length of everything that is sent, warm-up included
   * @param faults false for a demo without faults
   */
  static Scenario of(
      Scenario scenario, Duration length, double rate, long seed, int lanes, boolean faults) {
    LoadProfile load = scenario.load();
    Duration planned = load.warmUp().plus(load.length());
    Duration warmUp = warmUp(length);
    List<PlannedFault> moved =
        scenario.faults().stream()
            .map(
                fault -> {
                  double way = seconds(load.warmUp().plus(fault.at())) / seconds(planned);
                  Duration at = Duration.ofNanos((long) (length.toNanos() * way)).minus(warmUp);
                  return new PlannedFault(at, fault.fault(), fault.length());
                })
            .toList();
    return scenario.with(
        load.lasting(length.minus(warmUp)).warmingUpFor(warmUp).peakingAt(rate).withSeed(seed),
        faults ? moved : List.of(),
        scenario.engine().withLanes(lanes));
  }

  /** Returns what is left out of the latency: a fifth of the length, 10 s at most. */
  static Duration warmUp(Duration length) {
    Duration fifth = length.dividedBy(5);
    return fifth.compareTo(MAX_WARM_UP) < 0 ? fifth : MAX_WARM_UP;
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }
}
