package io.turnstile.feeds;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.feeds.publish.FeedState;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class FeedHealthTest {

  private static final Instant NOW = Instant.ofEpochMilli(10_000_000);

  @Test
  void feedThatHasNeverRunIsNotIll() {
    FeedHealth health = FeedHealth.of("shop", FeedState.initial("f"), NOW);
    assertThat(health.sinceSync()).isNull();
    assertThat(health.failing()).isNull();
    assertThat(health.isIll()).isFalse();
    assertThat(health.line()).startsWith("shop: idle; last sync ended never");
  }

  @Test
  void feedThatFailsForLongIsIll() {
    assertThat(failingFor(Duration.ofMinutes(5)).isIll()).isFalse();
    FeedHealth ill = failingFor(Duration.ofMinutes(6));
    assertThat(ill.isIll()).isTrue();
    assertThat(ill.failing()).isEqualTo(Duration.ofMinutes(6));
    assertThat(ill.line()).endsWith("; failing for 360 s: no answer");
  }

  private static FeedHealth failingFor(Duration time) {
    FeedState state =
        FeedState.initial("f")
            .with(new FeedState.Failure(NOW.minus(time).toEpochMilli(), "no answer"));
    return FeedHealth.of("shop", state, NOW);
  }
}
