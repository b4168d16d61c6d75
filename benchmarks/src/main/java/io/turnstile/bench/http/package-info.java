/** Load over HTTP: a gateway of this machine, and what is measured of its answers. */
package io.turnstile.bench.http;
