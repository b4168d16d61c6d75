/**
 * Tells whether anything grows without end under a load that stays the same: samples over time, a
 * slope with its confidence, and a verdict.
 */
package io.turnstile.bench.leak;
