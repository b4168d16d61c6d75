package io.turnstile.events;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/** Reads the bytes of a record as UTF-8, strictly. */
final class Utf8 {

  private static final VarHandle EIGHT_BYTES =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private static final long ONES = 0x0101010101010101L;
  private static final long SIGNS = 0x8080808080808080L;

  private Utf8() {}

  /**
   * Bytes of UTF-8, or more than any bound if the text has a lone surrogate: JSON can escape one,
   * UTF-8 cannot write it, so such a text could not be repeated in a verdict.
   */
  static int length(String text) {
    int length = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x80) {
        length++;
      } else if (c < 0x800) {
        length += 2;
      } else if (!Character.isSurrogate(c)) {
        length += 3;
      } else if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        length += 4;
        i++;
      } else {
        return Integer.MAX_VALUE;
      }
    }
    return length;
  }

  /**
   * Jackson guesses UTF-16 and UTF-32 from zero bytes, and lets some invalid UTF-8 pass. A zero
   * byte is never valid in JSON.
   *
   * @return what is wrong, or null
   */
  static String faultOf(byte[] value) {
    boolean ascii = true;
    for (int i = plainPrefix(value); i < value.length; i++) {
      if (value[i] == 0) {
        return "a zero byte at " + i + lookOf(value);
      }
      ascii &= value[i] > 0;
    }
    if (!ascii) {
      ByteBuffer bytes = ByteBuffer.wrap(value);
      CoderResult result =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(bytes, CharBuffer.allocate(value.length), true);
      if (result.isError()) {
        return "invalid UTF-8 at " + bytes.position() + lookOf(value);
      }
    }
    return null;
  }

  /** The number of bytes at the beginning, read in eights, that are ASCII and not zero. */
  private static int plainPrefix(byte[] value) {
    int i = 0;
    while (i + Long.BYTES <= value.length) {
      long eight = (long) EIGHT_BYTES.get(value, i);
      // What is no ASCII has its sign set; a zero byte gets it by the subtraction.
      if (((eight | (eight - ONES)) & SIGNS) != 0) {
        break;
      }
      i += Long.BYTES;
    }
    return i;
  }

  /** The text without a byte order mark. Given bytes, the parser would make a reader of its own. */
  static String text(byte[] value) {
    boolean marked =
        value.length >= 3
            && value[0] == (byte) 0xef
            && value[1] == (byte) 0xbb
            && value[2] == (byte) 0xbf;
    int start = marked ? 3 : 0;
    return new String(value, start, value.length - start, StandardCharsets.UTF_8);
  }

  /** A guess at what somebody sent instead, for the message; empty if there is none. */
  private static String lookOf(byte[] value) {
    if (value.length < 5) {
      return "";
    }
    int first = value[0] & 0xff;
    int second = value[1] & 0xff;
    if (first == 0x1f && second == 0x8b) {
      return ": this looks like gzip";
    }
    if ((first == 0xfe && second == 0xff)
        || (first == 0xff && second == 0xfe)
        || (first != 0 && second == 0)
        || (first == 0 && value[2] == 0 && second != 0)) {
      return ": this looks like UTF-16";
    }
    return first == 0 ? ": this looks like the prefix of a schema registry" : "";
  }
}
