package io.turnstile.feeds.source.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.math.BigDecimal;

/**
 * What an incremental sync asks for. The greatest value that a sync has seen will not do: a record
 * of an early page that changes while later pages are read has a smaller one, and would be missed.
 * What was there when the sync's first page was read will: whatever changes afterwards gets a
 * greater value. Immutable.
 *
 * @param since what to ask for next; null for everything
 * @param greatest of all values that were seen; null for none
 */
record Watermark(String since, String greatest) {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** It is part of a record, and of a request. */
  private static final int MAX_CHARS = 256;

  private static final int MAX_DIGITS = 64;
  private static final Watermark NONE = new Watermark(null, null);

  /** Reads {@link #encode}; null is none. */
  static Watermark decode(String text) {
    if (text == null) {
      return NONE;
    }
    try {
      String[] parts = JSON.readValue(text, String[].class);
      return new Watermark(parts[0], parts[1]);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("no watermark", e);
    }
  }

  /** Writes it; null for none. */
  String encode() {
    if (greatest == null) {
      return null;
    }
    try {
      return JSON.writeValueAsString(new String[] {since, greatest});
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an array can be written", e);
    }
  }

  /** The watermark after the first page of a sync, which has seen all that this one has. */
  Watermark afterFirst() {
    return new Watermark(greatest, greatest);
  }

  /**
   * The same with one more value. Nothing, null, what is no value, and what is too long do not
   * count: then more is asked for than there is need.
   */
  Watermark seen(JsonNode value) {
    if (!value.isValueNode() || value.isNull()) {
      return this;
    }
    String text = value.isNumber() ? plain(value.decimalValue()) : value.asText();
    if (text == null || text.length() > MAX_CHARS) {
      return this;
    }
    return greatest == null || order(text, greatest) > 0 ? new Watermark(since, text) : this;
  }

  /** Null for a number whose text would be without bounds. */
  private static String plain(BigDecimal number) {
    long digits = (long) number.precision() - number.scale();
    return digits > MAX_DIGITS || number.scale() > MAX_DIGITS ? null : number.toPlainString();
  }

  /** Numbers are compared as numbers, all else as text. */
  private static int order(String one, String other) {
    try {
      return new BigDecimal(one).compareTo(new BigDecimal(other));
    } catch (NumberFormatException e) {
      return one.compareTo(other);
    }
  }
}
