/**
 * Tools that all themes share: a deployment on a testbed, its load, readers of its verdicts, a gate
 * before the broker.
 */
package io.turnstile.systemtests.harness;
