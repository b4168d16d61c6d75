package io.turnstile.feeds.source;

/** A system that gives its records page by page. Not thread-safe. */
public interface PageSource extends AutoCloseable {

  /**
   * Fetches a page. The same request may be sent again.
   *
   * @throws SourceException if there is none now
   */
  Page fetch(PageRequest request) throws SourceException, InterruptedException;

  @Override
  void close();
}
