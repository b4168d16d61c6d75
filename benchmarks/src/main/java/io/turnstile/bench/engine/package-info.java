/** The engines that are measured: each reads the inputs and writes verdicts, in its own way. */
package io.turnstile.bench.engine;
