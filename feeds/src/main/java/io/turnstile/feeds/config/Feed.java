package io.turnstile.feeds.config;

/**
 * A feed of a file.
 *
 * @param name names it for ever: in Kafka, too
 * @param config what the file says of it
 * @param fingerprint of what the records depend on: source and mapping, without secrets, schedule
 *     and limits. When it changes, what is known of the source does not count any more
 */
public record Feed(String name, FeedConfig config, String fingerprint) {}
