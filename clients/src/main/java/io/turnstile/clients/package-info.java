/**
 * What commands share: Kafka options and topic administration, Flink's REST API, signing of tokens,
 * durations, JSON files, progress output.
 */
package io.turnstile.clients;
