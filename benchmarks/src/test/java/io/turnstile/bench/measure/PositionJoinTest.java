package io.turnstile.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PositionJoinTest {

  private final long now = System.nanoTime();
  private final List<Long> latencies = new ArrayList<>();
  private final PositionJoin join =
      new PositionJoin((partition, intended, verdict) -> latencies.add(verdict - intended));

  @Test
  void verdictAfterTheAcknowledgementIsTimedFromTheIntendedTime() {
    join.sent(0, 7, now);
    join.verdict(0, 7, now + 250);

    assertThat(latencies).containsExactly(250L);
    assertThat(join.sent()).isEqualTo(1);
    assertThat(join.joined()).isEqualTo(1);
  }

  @Test
  void verdictThatOvertakesTheAcknowledgementIsParked() {
    join.verdict(1, 0, now + 100);

    assertThat(latencies).isEmpty();
    assertThat(join.parked()).isEqualTo(1);

    join.sent(1, 0, now);

    assertThat(latencies).containsExactly(100L);
    assertThat(join.parked()).isZero();
  }

  @Test
  void sameOffsetOfAnotherPartitionIsAnotherInput() {
    join.sent(0, 3, now);
    join.verdict(1, 3, now + 1);

    assertThat(latencies).isEmpty();
  }

  @Test
  void secondVerdictIsNotTimed() {
    join.sent(0, 0, now);
    join.verdict(0, 0, now + 1);
    join.verdict(0, 0, now + 500);
    join.verdict(0, 1, now + 2);
    join.verdict(0, 1, now + 600);
    join.sent(0, 1, now);

    assertThat(latencies).containsExactly(1L, 2L);
    assertThat(join.joined()).isEqualTo(2);
  }

  /** A load sends tens of millions, and the JVM that waits for their verdicts has a small heap. */
  @Test
  void openInputTakesEightBytes() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    int inputs = 1_000_000;
    for (int i = 0; i < inputs; i++) {
      join.sent(i % 2, i / 2, now);
    }

    long perInput = (threads.getCurrentThreadAllocatedBytes() - before) / inputs;
    assertThat(perInput).isBetween(8L, 9L);
    assertThat(join.sent()).isEqualTo(inputs);
  }

  @Test
  void repeatedVerdictIsIgnoredWhenItsNeighboursAreJoinedToo() {
    int inputs = 10_000;
    for (int i = 0; i < inputs; i++) {
      join.sent(0, i, now);
      join.verdict(0, i, now + 5);
    }
    join.verdict(0, 0, now + 900);

    assertThat(latencies).hasSize(inputs).containsOnly(5L);
    assertThat(join.joined()).isEqualTo(inputs);
    assertThat(join.parked()).isZero();
  }

  @Test
  void everyInputIsJoinedOnceInWhateverOrderTheHalvesCome() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    int inputs = 20_000;
    List<Integer> halves = new ArrayList<>();
    for (int i = 0; i < 2 * inputs; i++) {
      halves.add(i);
    }
    Collections.shuffle(halves, new Random(seed));

    for (int half : halves) {
      int input = half / 2;
      if (half % 2 == 0) {
        join.sent(input % 3, input / 3, now + input);
      } else {
        join.verdict(input % 3, input / 3, now + input + 40);
      }
    }

    assertThat(latencies).hasSize(inputs).containsOnly(40L);
    assertThat(join.parked()).isZero();
  }
}
