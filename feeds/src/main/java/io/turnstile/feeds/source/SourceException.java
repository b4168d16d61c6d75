package io.turnstile.feeds.source;

import java.time.Duration;

/**
 * A source does not give a page. The message says why in one line, without secrets and without what
 * is in the source's records.
 */
public final class SourceException extends Exception {

  /** What helps. */
  public enum Cure {
    /** Asking again soon. */
    REPEAT,
    /** Asking again from the first page: the position is not valid any more. */
    BEGIN_AGAIN,
    /** A person. */
    CHANGE
  }

  private final Cure cure;
  private final Duration retryAfter;

  private SourceException(Cure cure, String message, Duration retryAfter, Throwable cause) {
    super(message, cause);
    this.cure = cure;
    this.retryAfter = retryAfter;
  }

  /** It may be there when asked again. */
  public static SourceException passing(String message) {
    return passing(message, null);
  }

  /** It may be there when asked again. */
  public static SourceException passing(String message, Throwable cause) {
    return new SourceException(Cure.REPEAT, message, null, cause);
  }

  /**
   * It may be there when asked again.
   *
   * @param retryAfter not earlier than that; null if the source does not say
   */
  public static SourceException busy(String message, Duration retryAfter) {
    return new SourceException(Cure.REPEAT, message, retryAfter, null);
  }

  /** The position is not valid any more. */
  public static SourceException expired(String message) {
    return new SourceException(Cure.BEGIN_AGAIN, message, null, null);
  }

  /** It will not be there when asked again in the same way. */
  public static SourceException lasting(String message, Throwable cause) {
    return new SourceException(Cure.CHANGE, message, null, cause);
  }

  public Cure cure() {
    return cure;
  }

  /** How long to wait at least, null if the source does not say. */
  public Duration retryAfter() {
    return retryAfter;
  }
}
