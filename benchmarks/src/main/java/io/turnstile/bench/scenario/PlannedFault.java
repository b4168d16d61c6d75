package io.turnstile.bench.scenario;

import java.time.Duration;

/**
 * A fault on the timeline.
 *
 * @param at since the measured part of the run began
 * @param length until it is lifted; zero for what needs no lifting
 */
public record PlannedFault(Duration at, Fault fault, Duration length) {}
