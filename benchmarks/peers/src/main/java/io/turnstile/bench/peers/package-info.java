/**
 * Programs that Turnstile is measured against: with the same contract, each a JVM of its own.
 *
 * <p>Settings and their reasons are in the module's {@code README.md}.
 */
package io.turnstile.bench.peers;
