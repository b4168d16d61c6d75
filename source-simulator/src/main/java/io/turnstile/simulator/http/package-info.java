/** Clients of a gateway: they ask over HTTP, ask again, and keep a ledger of their answers. */
package io.turnstile.simulator.http;
