/**
 * Random bytes for all that reads what others wrote. Each {@code *Target} gives bytes to one reader
 * and checks its model; {@link io.turnstile.systemtests.fuzz.FuzzTest} runs them.
 */
package io.turnstile.systemtests.fuzz;
