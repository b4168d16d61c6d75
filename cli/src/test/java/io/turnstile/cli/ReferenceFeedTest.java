package io.turnstile.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reads a fake Flink. */
class ReferenceFeedTest {

  private FakeMetrics metrics;

  @BeforeEach
  void start() throws Exception {
    metrics = new FakeMetrics();
  }

  @AfterEach
  void stop() {
    metrics.close();
  }

  @Test
  void readsWhatTheSourceSays() throws Exception {
    long newest = System.currentTimeMillis() - 60_000;
    String prefix = "Source__inventory.deserializer.topic.shop_inventory.";
    metrics.put("Source__inventory.pendingRecords", ",\"sum\":12.0,\"max\":9.0");
    metrics.put("Source__inventory.numRecordsOut", ",\"sum\":99.0,\"max\":99.0");
    metrics.put(
        prefix + "newestRecordTimeMillis",
        ",\"sum\":" + 2 * newest + ".0,\"max\":" + newest + ".0");
    metrics.put(prefix + "reason.KEY_NOT_ID.malformedReferences", ",\"sum\":3.0,\"max\":2.0");
    metrics.put(prefix + "reason.NO_KEY.malformedReferences", ",\"sum\":0.0,\"max\":0.0");
    assertThat(read())
        .singleElement()
        .satisfies(
            feed -> {
              assertThat(feed.name()).isEqualTo("inventory");
              assertThat(feed.unread()).isEqualTo(12);
              assertThat(feed.age()).isBetween(Duration.ofSeconds(60), Duration.ofSeconds(600));
              assertThat(feed.malformed()).containsExactly(Map.entry("KEY_NOT_ID", 3L));
            });
  }

  @Test
  void whatTheSourceDoesNotSayIsUnknown() throws Exception {
    metrics.put(
        "Source__inventory.deserializer.topic.inventory.newestRecordTimeMillis",
        ",\"sum\":0.0,\"max\":0.0");
    assertThat(read())
        .singleElement()
        .satisfies(feed -> assertThat(feed.describe()).isEqualTo("unknown unread, newest unknown"));
  }

  private List<ReferenceFeed> read() throws Exception {
    JsonNode vertices =
        new ObjectMapper()
            .readTree(
                "[{\"id\":\"v0\",\"name\":\"Source: transactions\"},"
                    + "{\"id\":\"v1\",\"name\":\"Source: inventory\"}]");
    return ReferenceFeed.read(metrics.rest(), "a1", vertices);
  }
}
