/** The examples of {@code docs/consuming.md}, as processes that are killed under load. */
package io.turnstile.systemtests.consuming;
