/**
 * The gateway's side of Kafka: appends records, follows committed verdicts, finds those of the
 * past.
 */
package io.turnstile.gateway.stream;
