/**
 * A system with products and customers behind a paged HTTP API, and with the faults of real ones.
 */
package io.turnstile.simulator.api;
