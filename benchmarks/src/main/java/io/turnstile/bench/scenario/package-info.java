/** Scenarios: loads, faults and limits, as their files say. */
package io.turnstile.bench.scenario;
