package io.turnstile.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class AcceptanceWindowTest {

  private record Acceptance(long id, long receivedAt) {}

  @RepeatedTest(100)
  void findsWhatComparingAllWithAllFinds(RepetitionInfo repetition) {
    long seed = repetition.getCurrentRepetition();
    Random random = new Random(seed);
    long window = 1L + random.nextInt(1000);
    long slack = random.nextInt(500);
    AcceptanceWindow acceptances = new AcceptanceWindow(window, slack);
    List<Acceptance> before = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      Acceptance next =
          new Acceptance(random.nextInt(20), i * 10L + random.nextInt((int) slack + 1));
      boolean expected =
          before.stream()
              .anyMatch(
                  a ->
                      a.id() == next.id() && Math.abs(a.receivedAt() - next.receivedAt()) < window);
      if (acceptances.add(next.id(), next.receivedAt()) != expected) {
        fail("seed %d, %s, window %d, slack %d, not %s", seed, next, window, slack, expected);
      }
      before.add(next);
    }
    assertThat(acceptances.disorder()).isLessThanOrEqualTo(slack);
  }

  @Test
  void saysHowLateTheLatestCame() {
    AcceptanceWindow acceptances = new AcceptanceWindow(10, 0);
    for (long time : new long[] {100, 300, 200, 250, 400}) {
      acceptances.add(time, time);
    }
    assertThat(acceptances.disorder()).isEqualTo(100);
  }

  @Test
  void forgetsWhatIsTooOldToMatter() {
    AcceptanceWindow acceptances = new AcceptanceWindow(1000, 100);
    TreeSet<Integer> sizes = new TreeSet<>();
    for (int i = 0; i < 100_000; i++) {
      acceptances.add(i, i);
      sizes.add(acceptances.size());
    }
    // The window, the slack and one bucket of half a window.
    assertThat(sizes.last()).isLessThanOrEqualTo(1000 + 100 + 500 + 1);
  }
}
