/**
 * Makes transactions, inventory and customers, sends them to Kafka, and says which outcomes are
 * right. {@link io.turnstile.simulator.Simulation} runs in any process; the commands are in a
 * package of their own.
 */
package io.turnstile.simulator;
