package io.turnstile.feeds;

import io.turnstile.feeds.config.Feed;
import io.turnstile.feeds.config.FeedConfig;
import io.turnstile.feeds.source.PageSource;
import io.turnstile.feeds.source.csv.CsvSource;
import io.turnstile.feeds.source.http.HttpPageSource;
import io.turnstile.feeds.source.jdbc.JdbcSource;
import io.turnstile.feeds.source.topic.TopicSource;

/** Makes the source that a feed names. */
final class Sources {

  private Sources() {}

  /** Asks nothing of it yet. */
  static PageSource of(Feed feed) {
    FeedConfig config = feed.config();
    if (config.csv() != null) {
      return new CsvSource(feed);
    }
    if (config.topic() != null) {
      return new TopicSource(feed);
    }
    return config.jdbc() != null ? new JdbcSource(feed) : new HttpPageSource(feed);
  }
}
