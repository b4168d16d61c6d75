/** Watches a run: latencies, rates, processes, checkpoints. Cheap: it shares the machine. */
package io.turnstile.bench.measure;
