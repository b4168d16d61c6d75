/** Twelve feeds beside a load: their sources, their runner, what it and its alerts say. */
package io.turnstile.bench.feeds;
