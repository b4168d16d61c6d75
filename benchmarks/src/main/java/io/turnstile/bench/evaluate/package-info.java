/** Compares what was measured with what scenarios want: run by run, and engine with engine. */
package io.turnstile.bench.evaluate;
