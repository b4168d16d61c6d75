/** The command line of the simulator, for the command line of Turnstile to take in. */
package io.turnstile.simulator.command;
