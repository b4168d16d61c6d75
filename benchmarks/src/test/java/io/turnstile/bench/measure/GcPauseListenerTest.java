package io.turnstile.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

class GcPauseListenerTest {

  @Test
  void collectionOfThisProcessIsNoticed() {
    double before = ManagementFactory.getRuntimeMXBean().getUptime() / 1000.0;
    try (GcPauseListener own = new GcPauseListener()) {
      System.gc();

      await().until(() -> !own.pauses().isEmpty());
      List<GcLog.Pause> pauses = own.pauses();
      assertThat(pauses)
          .allSatisfy(
              pause ->
                  assertThat(pause.atSeconds())
                      .isBetween(
                          before - 1, ManagementFactory.getRuntimeMXBean().getUptime() / 1000.0));
    }
  }
}
