package io.turnstile.events;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class Utf8Test {

  /** Bytes are looked at in eights, and what is left of them one by one. */
  @Test
  void faultIsFoundWhereverItIs() {
    for (int length = 1; length <= 40; length++) {
      byte[] plain =
          "x\u007f\u0001".repeat(length).substring(0, length).getBytes(StandardCharsets.UTF_8);
      assertThat(Utf8.faultOf(plain)).isNull();
      for (int i = 0; i < length; i++) {
        byte[] zero = plain.clone();
        zero[i] = 0;
        assertThat(Utf8.faultOf(zero)).startsWith("a zero byte at " + i);
        byte[] invalid = plain.clone();
        invalid[i] = (byte) 0x80;
        assertThat(Utf8.faultOf(invalid)).startsWith("invalid UTF-8 at " + i);
        invalid[length - 1] = 0;
        assertThat(Utf8.faultOf(invalid)).startsWith("a zero byte at " + (length - 1));
      }
    }
  }

  @Test
  void textThatIsNoAsciiIsFine() {
    for (int i = 0; i < 20; i++) {
      String text = "a".repeat(i) + "\u00e4\u20ac\ud83d\ude00" + "b".repeat(i);
      assertThat(Utf8.faultOf(text.getBytes(StandardCharsets.UTF_8))).isNull();
    }
  }
}
