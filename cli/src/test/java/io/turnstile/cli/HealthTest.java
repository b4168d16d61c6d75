package io.turnstile.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class HealthTest {

  private static final Health WELL =
      new Health(
          Instant.EPOCH,
          "RUNNING",
          1,
          Duration.ofMillis(2_300),
          12L,
          30_000L,
          new TreeMap<>(Map.of("ACCEPTED", 29_000L, "DUPLICATE_ID", 1_000L, "TOO_LARGE", 0L)),
          Duration.ofSeconds(10),
          Duration.ofMillis(21),
          List.of());

  private static final Health BLIND =
      new Health(
          Instant.EPOCH,
          null,
          0,
          null,
          null,
          null,
          new TreeMap<>(),
          Duration.ofSeconds(10),
          null,
          List.of("Kafka: " + "timed out ".repeat(20)));

  @Test
  void blockShowsRatesAndOnlyTheReasonsThatThereAre() {
    assertThat(String.join("\n", HealthTable.block(WELL)))
        .isEqualTo(
            """

            job                      RUNNING, 1 restarts
            newest checkpoint        2.3 s ago
            transactions             3,000/s
            unread                   12
            verdicts                 3,000/s
              ACCEPTED               2,900/s
              DUPLICATE_ID           100/s
            committed latency        21.0 ms""");
  }

  @Test
  void whatIsNotKnownIsNotShownAsANumber() {
    assertThat(HealthTable.line(BLIND))
        .contains("job unknown", "in unknown", "unread unknown", "PROBLEM Kafka: timed out");
    assertThat(BLIND.toJson().get("unread").isNull()).isTrue();
    assertThat(BLIND.toJson().get("committed_latency_ms").isNull()).isTrue();
  }

  @Test
  void noLineIsTooLongForATerminal() {
    assertThat(HealthTable.block(BLIND))
        .allSatisfy(l -> assertThat(l).hasSizeLessThanOrEqualTo(80));
  }

  @Test
  void jsonHasRates() {
    assertThat(WELL.toJson().get("verdicts_per_s").doubleValue()).isEqualTo(3_000);
    assertThat(WELL.toJson().at("/verdicts/DUPLICATE_ID").longValue()).isEqualTo(1_000);
    assertThat(WELL.toJson().get("committed_latency_ms").doubleValue()).isEqualTo(21);
  }

  @Test
  void countersThatBeganAgainAreNotNegative() {
    assertThat(
            HealthProbe.since(
                new TreeMap<>(Map.of("ACCEPTED", 100L, "DUPLICATE_ID", 3L)),
                new TreeMap<>(Map.of("ACCEPTED", 40L, "DUPLICATE_ID", 5L, "TOO_LARGE", 1L))))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of("ACCEPTED", 40L, "DUPLICATE_ID", 2L, "TOO_LARGE", 0L));
  }

  @Test
  void firstLookCountsNothing() {
    assertThat(HealthProbe.since(new TreeMap<>(), new TreeMap<>(Map.of("ACCEPTED", 100L))))
        .containsExactlyInAnyOrderEntriesOf(Map.of("ACCEPTED", 0L));
  }
}
