/**
 * Sends what somebody else might: {@link io.turnstile.simulator.hostile.Attacks} is the list,
 * {@link io.turnstile.simulator.hostile.HostileClient} sends it by a plain producer and waits for
 * the verdicts.
 */
package io.turnstile.simulator.hostile;
