package io.turnstile.feeds.config;

/** A file of feeds is wrong; the message says in one line where and what. */
public final class FeedFileException extends Exception {

  public FeedFileException(String message, Throwable cause) {
    super(message, cause);
  }
}
