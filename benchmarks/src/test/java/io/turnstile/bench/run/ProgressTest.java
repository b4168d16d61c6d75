package io.turnstile.bench.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.measure.LatencyRecorder;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProgressTest {

  private final StringWriter out = new StringWriter();

  @Test
  void withoutTerminalThereIsALineOnlyEveryFewSeconds() {
    Progress progress = new Progress(new PrintWriter(out), false);
    progress.begin("low on turnstile (1)", Duration.ofSeconds(65));
    progress.live("filling the topic, %,d", 1_000);
    progress.live("filling the topic, %,d", 2_000);
    progress.line("PASS");

    assertThat(out.toString().lines())
        .containsExactly("low on turnstile (1): filling the topic, 1,000; about 1:04 left", "PASS");
  }

  @Test
  void onATerminalTheLineIsRedrawnAndGoneWhenSomethingIsSaid() {
    Progress progress = new Progress(new PrintWriter(out), true);
    progress.live("one");
    progress.live("two");
    progress.line("PASS");

    assertThat(out.toString())
        .contains("one; about 0:00 left\n\u001b[1A\u001b[J")
        .contains("two; about 0:00 left\n\u001b[1A\u001b[J")
        .endsWith("PASS\n");
  }

  @Test
  void tickSaysHowTheLoadIsDoing() {
    Progress progress = new Progress(new PrintWriter(out), true);
    LatencyRecorder stretch = new LatencyRecorder(0);
    progress.tick(stretch, 0, 0);
    assertThat(out.toString()).contains("publishing customers and products");

    long now = System.nanoTime();
    for (int i = 0; i < 190; i++) {
      long intended = now - Duration.ofSeconds(4).toNanos() + i * 20_000_000L;
      stretch.sent(intended, intended);
      stretch.joined(0, intended, intended + 30_000_000);
    }
    progress.tick(stretch, 1_100, 1_000);
    assertThat(out.toString())
        .contains("4 s, sent 1,100, verdicts to come 100, committed p50 30 p99 30 ms");
  }
}
