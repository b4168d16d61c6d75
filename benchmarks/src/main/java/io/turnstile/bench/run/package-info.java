/** Runs scenarios on engines, one run after the other. */
package io.turnstile.bench.run;
