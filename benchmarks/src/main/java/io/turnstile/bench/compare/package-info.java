/** Tells whether results got worse. */
package io.turnstile.bench.compare;
