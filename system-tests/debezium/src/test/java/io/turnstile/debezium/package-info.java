/** Debezium beside feeds. */
package io.turnstile.debezium;
