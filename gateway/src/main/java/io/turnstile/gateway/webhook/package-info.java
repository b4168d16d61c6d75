/** Signed webhooks into the reference topics. */
package io.turnstile.gateway.webhook;
