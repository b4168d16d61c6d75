package io.turnstile.gateway.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class CustomerLimitsTest {

  private long now;

  private final CustomerLimits limits =
      new CustomerLimits(
          10,
          3,
          2,
          2,
          new TimeMeter() {
            @Override
            public long currentTimeNanos() {
              return now;
            }

            @Override
            public boolean isWallClockBased() {
              return false;
            }
          });

  private void pass(Duration time) {
    now += time.toNanos();
  }

  @Test
  void burstPassesAtOnceAndTheRestAtTheRate() {
    for (int i = 0; i < 3; i++) {
      assertThat(limits.take("c-1")).isZero();
    }
    assertThat(limits.take("c-1")).isEqualTo(Duration.ofMillis(100));
    pass(Duration.ofMillis(99));
    assertThat(limits.take("c-1")).isEqualTo(Duration.ofMillis(1));
    pass(Duration.ofMillis(1));
    assertThat(limits.take("c-1")).isZero();
    assertThat(limits.take("c-1")).isPositive();
  }

  @Test
  void customersDoNotTakeFromEachOtherNorTheUnprovenFromThem() {
    for (int i = 0; i < 3; i++) {
      limits.take("c-1");
      limits.takeUnproven();
      limits.takeLookup();
    }
    assertThat(limits.take("c-1")).isPositive();
    assertThat(limits.takeUnproven()).isPositive();
    assertThat(limits.takeLookup()).isPositive();
    assertThat(limits.take("c-2")).isZero();
  }

  @Test
  void noCustomerHasMoreWaitingRequestsThanTheBound() {
    for (String customer : new String[] {"c-1", "c-2", null}) {
      assertThat(limits.enter(customer)).isTrue();
      assertThat(limits.enter(customer)).isTrue();
      assertThat(limits.enter(customer)).isFalse();
      limits.leave(customer);
      assertThat(limits.enter(customer)).isTrue();
      assertThat(limits.enter(customer)).isFalse();
    }
  }

  @Test
  void bucketThatIsForgottenWasFullAgain() {
    for (int i = 0; i < 3; i++) {
      limits.take("c-1");
    }
    pass(Duration.ofHours(1));
    for (int i = 0; i < 3; i++) {
      assertThat(limits.take("c-1")).isZero();
    }
    assertThat(limits.take("c-1")).isPositive();
  }
}
