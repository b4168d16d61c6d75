package io.turnstile.feeds;

import io.turnstile.clients.TopicOptions;
import picocli.CommandLine.Option;

/** The name of the topic of states, as every command takes it. */
public final class FeedsTopicOption {

  @Option(
      names = "--topic-feeds",
      paramLabel = "NAME",
      description = "Where feeds are. Default: turnstile.feeds, behind the prefix.")
  private String topicFeeds;

  /** The topic's name. */
  public String name(TopicOptions topics) {
    return topicFeeds == null ? topics.topicPrefix() + "turnstile.feeds" : topicFeeds;
  }
}
