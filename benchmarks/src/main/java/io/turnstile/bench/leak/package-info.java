/** Tells whether anything grows without end under a load that stays the same. */
package io.turnstile.bench.leak;
