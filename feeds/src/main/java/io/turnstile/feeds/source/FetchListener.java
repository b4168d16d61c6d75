package io.turnstile.feeds.source;

/** Is told of what is fetched. */
public interface FetchListener {

  /** Listens to nothing. */
  FetchListener NONE = (nanos, failure) -> {};

  /**
   * An attempt is over.
   *
   * @param failure null if it gave a page
   */
  void fetched(long nanos, SourceException failure);
}
