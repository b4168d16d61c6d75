package io.turnstile.feeds.source.http;

import io.turnstile.feeds.source.SourceException;
import java.util.Objects;

/**
 * Notices that pages go in a circle, within three times its length (Brent's algorithm): such a sync
 * would never end. Not thread-safe.
 */
final class Circle {

  private String from;
  private boolean begun;
  private String kept;
  private long steps;
  private long power;

  /**
   * Notes a step; the same one may come again.
   *
   * @param position of a page, null for the first one of a sync
   * @param next of the page behind it, null for none
   * @throws SourceException if it was there before
   */
  void step(String position, String next) throws SourceException {
    if (position == null) {
      begun = false;
    } else if (begun && Objects.equals(position, from)) {
      return;
    }
    if (!begun) {
      begun = true;
      kept = null;
      steps = 0;
      power = 1;
    }
    if (next != null && next.equals(kept)) {
      throw SourceException.expired("the pages go in a circle");
    }
    from = position;
    steps++;
    if (steps == power) {
      kept = next;
      steps = 0;
      power *= 2;
    }
  }
}
