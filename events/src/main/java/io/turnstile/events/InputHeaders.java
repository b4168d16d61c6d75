package io.turnstile.events;

import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * The headers of an input, as its dead letter carries them: each under {@link #PREFIX} and its own
 * name, in their order. Of the first {@link #MAX_HEADERS}, those that fit into {@link #MAX_BYTES};
 * the rest is counted. No other verdict has them. The prefix keeps them apart from the verdict's
 * own: what a sender calls {@code source-offset} stays {@code input.source-offset}. Thread-safe.
 */
public final class InputHeaders {

  /** Begins the name of each header that a dead letter has from its input. */
  public static final String PREFIX = "input.";

  /**
   * Number of the input's headers that its dead letter has no room for, decimal UTF-8; not there if
   * it has all.
   */
  public static final String DROPPED = "input-headers-dropped";

  /** Headers of an input that are looked at. */
  public static final int MAX_HEADERS = 100;

  /** Most bytes that a dead letter has from headers of its input: names with prefix, and values. */
  public static final int MAX_BYTES = 64 << 10;

  /**
   * Header of an input that was sent anew for another: the position of that one, in the form of
   * {@link SourcePosition#toString()}. Any sender may write it: it tells where an input comes from,
   * and proves nothing.
   */
  public static final String REDRIVE_OF = "redrive-of";

  /**
   * Header of an input that was sent anew: when the first of those that it repeats was received,
   * decimal epoch milliseconds. Any sender may write it: it can make its own input no younger.
   */
  public static final String FIRST_RECEIVED_AT = "redrive-first-received-at";

  private InputHeaders() {}

  /**
   * What a dead letter gets of its input's headers.
   *
   * @param input all of them, or what {@link #limit} left: the result is the same
   */
  public static Headers toDeadLetter(Headers input) {
    Headers carried = new RecordHeaders();
    int room = MAX_BYTES;
    long dropped = beyondLimit(input);
    Iterator<Header> headers = input.iterator();
    for (int i = 0; i < MAX_HEADERS && headers.hasNext(); i++) {
      Header header = headers.next();
      String name = PREFIX + header.key();
      long bytes =
          (long) name.getBytes(StandardCharsets.UTF_8).length
              + (header.value() == null ? 0 : header.value().length);
      if (bytes <= room) {
        carried.add(name, header.value());
        room -= (int) bytes;
      } else {
        dropped++;
      }
    }
    if (dropped > 0) {
      VerdictHeaders.add(carried, DROPPED, Long.toString(dropped));
    }
    return carried;
  }

  /**
   * The first {@link #MAX_HEADERS} headers of an input, and one that says how many came after them;
   * the headers themselves if there are no more. An empty one takes two bytes in the log and many
   * times that in memory: whoever keeps inputs should keep this.
   */
  public static Headers limit(Headers input) {
    long beyond = beyondLimit(input);
    if (beyond == 0) {
      return input;
    }
    Headers limited = new RecordHeaders();
    Iterator<Header> headers = input.iterator();
    for (int i = 0; i < MAX_HEADERS; i++) {
      limited.add(headers.next());
    }
    VerdictHeaders.add(limited, DROPPED, Long.toString(beyond));
    return limited;
  }

  /**
   * The number of headers after the first hundred. One alone there may be that of {@link #limit}. A
   * sender may write it too, and then has told a lie about its own input.
   */
  private static long beyondLimit(Headers input) {
    long beyond = 0;
    Header last = null;
    int index = 0;
    for (Header header : input) {
      if (index++ >= MAX_HEADERS) {
        beyond++;
        last = header;
      }
    }
    if (beyond == 1 && last.key().equals(DROPPED)) {
      try {
        return Math.max(1, VerdictHeaders.number(new RecordHeaders().add(last), DROPPED));
      } catch (IllegalArgumentException e) {
        return 1;
      }
    }
    return beyond;
  }

  /** The headers of a verdict that {@link #toDeadLetter} made, as they are in it. */
  public static Headers carried(Headers verdict) {
    Headers carried = new RecordHeaders();
    for (Header header : verdict) {
      if (isCarried(header)) {
        carried.add(header);
      }
    }
    return carried;
  }

  /** Returns whether a verdict has any header of its input, as only a dead letter may. */
  public static boolean areIn(Headers verdict) {
    for (Header header : verdict) {
      if (isCarried(header)) {
        return true;
      }
    }
    return false;
  }

  /** The input's headers under their own names, as far as its dead letter has them. */
  public static Headers fromDeadLetter(Headers deadLetter) {
    Headers input = new RecordHeaders();
    for (Header header : deadLetter) {
      if (header.key().startsWith(PREFIX)) {
        input.add(header.key().substring(PREFIX.length()), header.value());
      }
    }
    return input;
  }

  private static boolean isCarried(Header header) {
    return header.key().startsWith(PREFIX) || header.key().equals(DROPPED);
  }
}
