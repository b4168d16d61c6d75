package io.turnstile.gateway.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.gateway.webhook.SeenSignatures.Use;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class SeenSignaturesTest {

  private static final long KEPT = 1_000;

  private final SeenSignatures seen = new SeenSignatures(2, Duration.ofMillis(KEPT));

  @Test
  void eachIsUsedOnceAsLongAsItIsValid() {
    assertThat(seen.use("a", 0)).isEqualTo(Use.FIRST);
    assertThat(seen.use("a", KEPT)).isEqualTo(Use.AGAIN);
    // It is refused for its time from now on.
    assertThat(seen.use("a", KEPT + 1)).isEqualTo(Use.FIRST);
  }

  @Test
  void fullMemoryTakesNoMoreAndForgetsNone() {
    seen.use("a", 0);
    seen.use("b", 1);
    assertThat(seen.use("c", 2)).isEqualTo(Use.NO_ROOM);
    assertThat(seen.use("a", 3)).isEqualTo(Use.AGAIN);
    assertThat(seen.use("b", 3)).isEqualTo(Use.AGAIN);
    assertThat(seen.use("c", KEPT + 1)).isEqualTo(Use.FIRST);
  }

  @Test
  void releasedOneCanBeUsedAgain() {
    seen.use("a", 0);
    seen.release("a");
    assertThat(seen.use("a", 1)).isEqualTo(Use.FIRST);
  }
}
