package io.turnstile.feeds.source.http;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.feeds.source.SourceException;
import org.junit.jupiter.api.Test;

class CircleTest {

  private final Circle circle = new Circle();

  private void pass(int from, int to) throws SourceException {
    for (int page = from; page < to; page++) {
      circle.step(page == 0 ? null : "p" + page, "p" + (page + 1));
    }
  }

  @Test
  void longSyncIsNoCircle() {
    assertThatCode(() -> pass(0, 10_000)).doesNotThrowAnyException();
    assertThatCode(() -> pass(0, 10_000)).as("the next sync").doesNotThrowAnyException();
  }

  @Test
  void requestThatIsSentAgainIsNoCircle() throws Exception {
    pass(0, 3);
    assertThatCode(() -> circle.step("p2", "p3")).doesNotThrowAnyException();
    assertThatCode(() -> circle.step("p3", "p4")).doesNotThrowAnyException();
  }

  @Test
  void circleBehindSomePagesIsNoticed() {
    assertThatThrownBy(
            () -> {
              pass(0, 10);
              for (int round = 0; round < 3; round++) {
                circle.step("p10", "p7");
                pass(7, 10);
              }
            })
        .isInstanceOf(SourceException.class)
        .hasMessageContaining("circle");
  }
}
