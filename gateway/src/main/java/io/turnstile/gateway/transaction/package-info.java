/** Transactions over HTTP: one request, one verdict; a retry gets the first answer. */
package io.turnstile.gateway.transaction;
