package io.turnstile.decision.token;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class FailedTokensTest {

  private static final int MOST = 100;

  private long now;
  private final FailedTokens failed = new FailedTokens(MOST, Duration.ofMinutes(1), () -> now);

  /** Anybody can send bad tokens, each another one. */
  @Test
  void numberIsBoundedHoweverManyAreBad() {
    for (int i = 0; i < 100 * MOST; i++) {
      failed.put("bad-" + i, "the signature is wrong");
      assertThat(failed.size()).isLessThanOrEqualTo(MOST);
    }
    failed.put("bad", "the signature is wrong");
    assertThat(failed.faultOf("bad")).isEqualTo("the signature is wrong");
    assertThat(failed.faultOf("good")).isNull();
  }

  @Test
  void tokenIsForgottenAfterAMinuteOrWhenTheKeysChange() {
    failed.put("one", "fault");
    now += Duration.ofSeconds(59).toNanos();
    failed.put("other", "fault");
    assertThat(failed.size()).isEqualTo(2);
    now += Duration.ofSeconds(1).toNanos();
    assertThat(failed.faultOf("one")).isNull();
    assertThat(failed.size()).isEqualTo(1);
    failed.forgetAll();
    assertThat(failed.size()).isZero();
  }
}
