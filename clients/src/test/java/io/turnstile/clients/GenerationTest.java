package io.turnstile.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class GenerationTest {

  private static final Generation OLD = new Generation(9, "b");
  private static final Generation NEW = new Generation(10, "a");

  @Test
  void smallerNumberYieldsToTheGreater() {
    assertThat(OLD.yieldsTo(NEW)).isTrue();
    assertThat(NEW.yieldsTo(OLD)).isFalse();
    assertThat(OLD.isNotAbove(NEW)).isTrue();
    assertThat(NEW.isNotAbove(OLD)).isFalse();
  }

  @Test
  void attemptsOfOneJobDoNotYieldToOneAnother() {
    Generation again = new Generation(9, "b");
    assertThat(OLD.yieldsTo(again)).isFalse();
    assertThat(OLD.isNotAbove(again)).isFalse();
  }

  /** Both would be refused beside the other; of two that take over at once, one is left. */
  @Test
  void ofTwoWithEqualNumbersExactlyOneYields() {
    Generation other = new Generation(9, "c");
    assertThat(OLD.yieldsTo(other)).isNotEqualTo(other.yieldsTo(OLD));
    assertThat(OLD.isNotAbove(other)).isTrue();
    assertThat(other.isNotAbove(OLD)).isTrue();
  }

  @Test
  void textIsReadBack() {
    assertThat(NEW).hasToString("10 a");
    assertThat(Generation.parse("10 a")).isEqualTo(NEW);
  }

  @Test
  void somethingElseIsNoGeneration() {
    for (String text : new String[] {"", "10", "a 10", "10 a b", "-1 a", "1234567890123456789 a"}) {
      assertThatIllegalArgumentException().isThrownBy(() -> Generation.parse(text));
    }
  }
}
