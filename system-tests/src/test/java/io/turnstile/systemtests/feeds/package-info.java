/** Feeds as processes, on a real Kafka. */
package io.turnstile.systemtests.feeds;
