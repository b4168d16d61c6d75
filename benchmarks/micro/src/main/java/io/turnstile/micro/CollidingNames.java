package io.turnstile.micro;

import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Names of eight bytes with one hash in Jackson's table of names (2.21), whatever its seed, which
 * is mixed in at last.
 */
final class CollidingNames {

  private static final int HASH = 0x5eed_5eed;
  private static final int FIRST = ' ' + 1;
  private static final int LAST = '~';

  private CollidingNames() {}

  /** Some hundred thousand different ones, always the same. */
  static Stream<String> stream() {
    int letters = LAST - FIRST + 1;
    return IntStream.range(0, letters * letters * letters * letters)
        .map(
            i ->
                letter(i / letters / letters / letters) << 24
                    | letter(i / letters / letters % letters) << 16
                    | letter(i / letters % letters) << 8
                    | letter(i % letters))
        .filter(CollidingNames::isText)
        .mapToObj(second -> new int[] {first(second), second})
        .filter(halves -> isText(halves[0]) && hash(halves[0], halves[1]) == HASH)
        .map(halves -> text(halves[0]) + text(halves[1]));
  }

  /** Before the seed, of the two halves of a name. */
  private static int hash(int first, int second) {
    int mixed = first + (first >>> 15);
    return (mixed ^ (mixed >>> 9)) + 33 * second;
  }

  /** Nearly always the first half that goes with this second one. */
  private static int first(int second) {
    int mixed = HASH - 33 * second;
    mixed ^= (mixed >>> 9) ^ (mixed >>> 18) ^ (mixed >>> 27);
    int first = mixed;
    for (int i = 0; i < 3; i++) {
      first = mixed - (first >>> 15);
    }
    return first;
  }

  private static int letter(int index) {
    return FIRST + index;
  }

  /** Four letters that need no escape in JSON. */
  private static boolean isText(int half) {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      int c = half >>> shift & 0xff;
      if (c < FIRST || c > LAST || c == '"' || c == '\\') {
        return false;
      }
    }
    return true;
  }

  private static String text(int half) {
    return ""
        + (char) (half >>> 24)
        + (char) (half >>> 16 & 0xff)
        + (char) (half >>> 8 & 0xff)
        + (char) (half & 0xff);
  }
}
