package io.turnstile.bench.scenario;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;

/**
 * A fault on the timeline.
 *
 * @param at since the measured part of the run began
 * @param length until it is lifted; zero for what needs no lifting, and for the fault's usual
 *     length
 */
public record PlannedFault(Duration at, Fault fault, @JsonProperty("for") Duration length) {

  /** Requires a time and a fault. */
  public PlannedFault {
    Check.required("at", at);
    Check.required("fault", fault);
    length = Check.orDefault(length, Duration.ZERO);
  }
}
