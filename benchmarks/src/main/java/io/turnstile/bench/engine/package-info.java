/**
 * The engines that are measured. An engine reads the input topics and writes verdicts as the wire
 * contract says; how it does so is its own affair.
 */
package io.turnstile.bench.engine;
