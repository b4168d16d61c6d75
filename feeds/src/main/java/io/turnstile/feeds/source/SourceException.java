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
  private final boolean early;

  private SourceException(Cure cure, String message, Duration retryAfter, Throwable cause) {
    this(cure, message, retryAfter, cause, false);
  }

  private SourceException(
      Cure cure, String message, Duration retryAfter, Throwable cause, boolean early) {
    super(message, cause);
    this.cure = cure;
    this.retryAfter = retryAfter;
    this.early = early;
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

  /**
   * All is well with the source, but it is too early to ask it: this is no failure of an attempt.
   *
   * @param retryAfter not earlier than that
   */
  public static SourceException early(String message, Duration retryAfter) {
    return new SourceException(Cure.REPEAT, message, retryAfter, null, true);
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

  /** Returns whether nothing has failed: it was only too early. */
  public boolean isEarly() {
    return early;
  }

  /** How long to wait at least, null if the source does not say. */
  public Duration retryAfter() {
    return retryAfter;
  }
}
