/** Publishes pages: their records and the feed's state in one transaction of Kafka. */
package io.turnstile.feeds.publish;
