/**
 * Clients that commands share: Kafka options and topic administration, the reader of committed
 * verdicts, Flink's REST API, signing of tokens, durations, JSON files, progress output.
 */
package io.turnstile.clients;
