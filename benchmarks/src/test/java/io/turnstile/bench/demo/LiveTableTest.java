package io.turnstile.bench.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.demo.DemoView.LiveTable;
import io.turnstile.events.RejectionReason;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class LiveTableTest {

  private final LiveTable table =
      new LiveTable(Duration.ofSeconds(60), URI.create("http://127.0.0.1:8081/"));
  private final Histogram none = new Histogram(2);
  private final Histogram some = new Histogram(2);

  @Test
  void blockShowsTotalsRatesAndReasons() {
    some.recordValue(71_000);
    table.add(Duration.ofSeconds(1), 1000, 990, verdicts(950, 40, 0), some, none);
    table.add(Duration.ofSeconds(3), 3000, 2980, verdicts(2850, 120, 10), some, some);
    assertThat(String.join("\n", table.block()))
        .isEqualTo(
            """

            3 of 60 s                Flink: http://127.0.0.1:8081/
                                            total     per s
            sent                            3,000     1,000
            accepted                        2,850       950
            rejected                          120        40
              DUPLICATE_ID                    120        40
            dead-lettered                      10         5
              MALFORMED_JSON                   10         5
            waiting for verdict                20
            latency, last second      p50 71 ms  p99 71 ms
            latency since warm-up     p50 71 ms  p99 71 ms""");
  }

  @Test
  void afterSendingItIsCatchingUp() {
    table.add(Duration.ofSeconds(73), 3000, 2900, verdicts(2850, 50, 0), none, none);
    assertThat(table.block().get(1)).startsWith("73 s, catching up");
  }

  @Test
  void noLineIsTooLongForATerminal() {
    SortedMap<String, Long> all = new TreeMap<>();
    for (RejectionReason reason : RejectionReason.values()) {
      all.put(reason.name(), 1_234_567_890L);
    }
    table.add(Duration.ofSeconds(1), 9_999_999_999L, 0, all, none, none);
    assertThat(table.block()).allSatisfy(line -> assertThat(line).hasSizeLessThan(80));
  }

  @Test
  void lineSaysTheSameInShort() {
    table.add(Duration.ofSeconds(2), 2000, 1990, verdicts(1900, 80, 10), none, none);
    assertThat(table.line())
        .isEqualTo(
            "   2 s  sent 2,000 (1,000/s)  accepted 1,900  rejected 80  dead-lettered 10"
                + "  waiting 10  committed none");
  }

  private static SortedMap<String, Long> verdicts(long accepted, long duplicates, long malformed) {
    return new TreeMap<>(
        Map.of("ACCEPTED", accepted, "DUPLICATE_ID", duplicates, "MALFORMED_JSON", malformed));
  }
}
