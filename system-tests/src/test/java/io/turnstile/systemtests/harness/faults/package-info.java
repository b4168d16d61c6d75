/**
 * Faults to inflict on a testbed under load, and the scenario that inflicts one and judges the
 * result.
 */
package io.turnstile.systemtests.harness.faults;
