package io.turnstile.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.clients.JsonFiles;
import io.turnstile.feeds.FeedHealth;
import java.io.IOException;
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
          List.of(
              new ReferenceFeed(
                  "inventory",
                  new TreeMap<>(Map.of("KEY_NOT_ID", 3L, "NO_KEY", 1L)),
                  Duration.ofMillis(1_500),
                  4L),
              new ReferenceFeed("customers", new TreeMap<>(), null, null)),
          List.of(
              new FeedHealth("shop", Duration.ofSeconds(3), null, "shop: idle"),
              new FeedHealth("erp", null, Duration.ofSeconds(1_200), "erp: failing")),
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
          List.of(),
          List.of(),
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
            transactions read        3,000/s
            unread, at most          12
            verdicts                 3,000/s
              ACCEPTED               2,900/s
              DUPLICATE_ID           100/s
            inventory                4 unread, newest 1.5 s old
              KEY_NOT_ID             3 malformed
              NO_KEY                 1 malformed
            customers                unknown unread, newest unknown
            feed shop                synced 3 s ago
            feed erp                 never synced, failing for 1,200 s
            committed latency        21.0 ms""");
  }

  @Test
  void lineNamesWhatIsMalformed() {
    assertThat(HealthTable.line(WELL))
        .contains(
            "  inventory (4 unread, newest 1.5 s old, 3 malformed: KEY_NOT_ID, 1 malformed: NO_KEY)");
  }

  @Test
  void whatIsNotKnownIsNotShownAsANumber() throws Exception {
    assertThat(HealthTable.line(BLIND))
        .contains(
            "job unknown", "read unknown", "unread at most unknown", "PROBLEM Kafka: timed out");
    assertThat(json(BLIND).get("unread").isNull()).isTrue();
    assertThat(json(BLIND).get("committed_latency_ms").isNull()).isTrue();
  }

  @Test
  void noLineIsTooLongForATerminal() {
    assertThat(HealthTable.block(BLIND))
        .allSatisfy(l -> assertThat(l).hasSizeLessThanOrEqualTo(80));
  }

  @Test
  void jsonHasRates() throws Exception {
    assertThat(json(WELL).get("verdicts_per_s").doubleValue()).isEqualTo(3_000);
    assertThat(json(WELL).at("/verdicts/DUPLICATE_ID").longValue()).isEqualTo(1_000);
    assertThat(json(WELL).get("committed_latency_ms").doubleValue()).isEqualTo(21);
  }

  @Test
  void jsonIsTheContract() throws Exception {
    assertThat(json(WELL).toString())
        .isEqualTo(
            "{\"at\":\"1970-01-01T00:00:00Z\",\"job\":\"RUNNING\",\"restarts\":1,"
                + "\"checkpoint_age_s\":2.3,\"unread\":12,\"inputs_per_s\":3000.0,"
                + "\"verdicts_per_s\":3000.0,\"verdicts\":"
                + "{\"ACCEPTED\":29000,\"DUPLICATE_ID\":1000,\"TOO_LARGE\":0},\"references\":["
                + "{\"name\":\"inventory\",\"unread\":4,\"newest_age_s\":1.5,"
                + "\"malformed\":{\"KEY_NOT_ID\":3,\"NO_KEY\":1}},"
                + "{\"name\":\"customers\",\"unread\":null,\"newest_age_s\":null,"
                + "\"malformed\":{}}],\"feeds\":["
                + "{\"name\":\"shop\",\"last_sync_age_s\":3.0,\"failing_s\":null},"
                + "{\"name\":\"erp\",\"last_sync_age_s\":null,\"failing_s\":1200.0}],"
                + "\"committed_latency_ms\":21.0,\"problems\":[]}");
  }

  private static JsonNode json(Health health) throws IOException {
    return new ObjectMapper().readTree(JsonFiles.text(health.json()));
  }
}
