package io.turnstile.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScreenTest {

  private final StringWriter out = new StringWriter();

  @Test
  void terminalRedrawsItsLastLinesInPlace() {
    Screen screen = new Screen(new PrintWriter(out), true);
    screen.live(List.of("a", "b"), "plain");
    screen.live(List.of("c"), "plain");
    screen.line("stays %d", 1);
    assertThat(out.toString())
        .isEqualToNormalizingNewlines("a\nb\n\u001b[2A\u001b[Jc\n\u001b[1A\u001b[Jstays 1\nc\n");
  }

  @Test
  void settledLinesStay() {
    Screen screen = new Screen(new PrintWriter(out), true);
    screen.live(List.of("a"), "plain");
    screen.settle();
    screen.line("b");
    assertThat(out.toString()).isEqualToNormalizingNewlines("a\nb\n");
  }

  @Test
  void pipeGetsPlainLinesOnly() {
    Screen screen = new Screen(new PrintWriter(out), false);
    screen.live(List.of("a", "b"), "plain 1");
    screen.line("line");
    screen.live(List.of("a", "b"), "plain 2");
    assertThat(out.toString()).isEqualToNormalizingNewlines("plain 1\nline\nplain 2\n");
  }

  @Test
  void pipeGetsALiveLineOnlyNowAndThen() {
    Screen screen = new Screen(new PrintWriter(out), false, Duration.ofHours(1));
    screen.live(List.of("a"), "plain 1");
    screen.live(List.of("a"), "plain 2");
    screen.line("line");
    assertThat(out.toString()).isEqualToNormalizingNewlines("plain 1\nline\n");
  }

  @Test
  void stepSaysWhatAndHowLong() throws Exception {
    Screen screen = new Screen(new PrintWriter(out), false);
    assertThat(screen.step("Working", () -> 7)).isEqualTo(7);
    assertThat(out.toString()).containsPattern("Working …\\RWorking +0\\.\\d s\\R");
  }

  @Test
  void failedStepSaysSo() {
    Screen screen = new Screen(new PrintWriter(out), false);
    assertThatThrownBy(
            () ->
                screen.step(
                    "Working",
                    () -> {
                      throw new CheckFailedException("broken");
                    }))
        .hasMessage("broken");
    assertThat(out.toString()).containsPattern("Working +failed\\R$");
  }
}
