package io.turnstile.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class PacerTest {

  /** A clock that moves by itself with every look at it. */
  private long now = 1_000;

  private long step = 100_000;
  private long meanwhile;
  private final Pacer pacer = new Pacer(() -> now += step, nanos -> meanwhile++);

  @Test
  void waitsForTheIntendedTimes() throws Exception {
    pacer.start(new SimulationOptions().rate(1_000));
    long first = pacer.awaitNext();
    long second = pacer.awaitNext();
    assertThat(second - first).isEqualTo(1_000_000);
    assertThat(now).isGreaterThanOrEqualTo(second);
    assertThat(meanwhile).isPositive();
  }

  @Test
  void measuresWhatIsLate() throws Exception {
    pacer.start(new SimulationOptions().rate(1_000));
    pacer.awaitNext();
    now += 50_000_000;
    pacer.awaitNext();
    assertThat(pacer.behindNanos()).isBetween(49_000_000L, 60_000_000L);
  }

  @Test
  void endsWithTheDuration() throws Exception {
    pacer.start(new SimulationOptions().rate(1_000).duration(Duration.ofMillis(2)));
    assertThat(pacer.awaitNext()).isNotEqualTo(Pacer.END);
    assertThat(pacer.awaitNext()).isNotEqualTo(Pacer.END);
    assertThat(pacer.awaitNext()).isEqualTo(Pacer.END);
  }

  @Test
  void stagesWithoutEventsTakeNoTime() throws Exception {
    step = 1;
    pacer.start(
        new SimulationOptions().stages(List.of(RateStage.constant(Duration.ofSeconds(1), 0))));
    assertThat(pacer.awaitNext()).isEqualTo(Pacer.END);
    assertThat(pacer.elapsedSeconds()).isBetween(0.0, 0.001);
  }

  @Test
  void everyWaitEndsWhenItIsStopped() throws Exception {
    pacer.start(new SimulationOptions().rate(0.001));
    pacer.awaitNext();
    pacer.stop();
    assertThat(pacer.awaitNext()).isEqualTo(Pacer.END);
    pacer.pause(Duration.ofDays(1));
    pacer.await(new CountDownLatch(1));
    pacer.awaitCondition(() -> false, Duration.ofDays(1));
    assertThat(pacer.stopped()).isTrue();
  }

  @Test
  void waitsForAConditionUpToATimeout() throws Exception {
    step = 1_000_000;
    pacer.start(new SimulationOptions());
    pacer.awaitCondition(() -> meanwhile == 3, Duration.ofDays(1));
    assertThat(meanwhile).isEqualTo(3);
    pacer.awaitCondition(() -> false, Duration.ofMillis(5));
    assertThat(meanwhile).isBetween(4L, 8L);
  }

  @Test
  void canBeInterrupted() {
    pacer.start(new SimulationOptions().rate(0.001));
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> pacer.pause(Duration.ofDays(1)))
        .isInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isFalse();
  }
}
