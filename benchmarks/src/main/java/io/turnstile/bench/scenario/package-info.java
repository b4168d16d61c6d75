/** What a run is to do and to show: scenarios, as their files say. */
package io.turnstile.bench.scenario;
