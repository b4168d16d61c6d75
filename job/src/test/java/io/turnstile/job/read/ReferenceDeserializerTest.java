package io.turnstile.job.read;

import static io.turnstile.job.harness.Samples.product;
import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.decision.reference.MalformedReferenceException.Reason;
import io.turnstile.decision.reference.Reference;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.Gauge;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.metrics.SimpleCounter;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.apache.flink.util.SimpleUserCodeClassLoader;
import org.apache.flink.util.UserCodeClassLoader;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReferenceDeserializerTest {

  private final Map<String, Counter> counters = new HashMap<>();
  private final Map<String, Gauge<?>> gauges = new HashMap<>();
  private final List<Reference<Product>> read = new ArrayList<>();
  private final ReferenceDeserializer<Product> deserializer =
      new ReferenceDeserializer<>(ReferenceKind.PRODUCT, "inventory", new AppendTime(false));

  @BeforeEach
  void open() {
    deserializer.open(
        new DeserializationSchema.InitializationContext() {
          @Override
          public MetricGroup getMetricGroup() {
            return new Metrics("");
          }

          @Override
          public UserCodeClassLoader getUserCodeClassLoader() {
            return SimpleUserCodeClassLoader.create(getClass().getClassLoader());
          }
        });
  }

  @Test
  void everyReasonIsCountedFromTheStart() {
    for (Reason reason : Reason.values()) {
      assertThat(malformed(reason)).isZero();
    }
  }

  @Test
  void malformedRecordsAreLeftOutAndCountedByReason() {
    String value = new String(ProductCodec.encode(product("p", 1)), StandardCharsets.UTF_8);
    deserialize(0, 5, "", value);
    deserialize(1, 5, "p", "{");
    deserialize(2, 5, "p", "{");
    deserialize(3, 5, "p", "{}");
    deserialize(4, 5, "q", value);
    deserialize(5, 5, "p", value);
    assertThat(read).extracting(Reference::offset).containsExactly(5L);
    assertThat(malformed(Reason.NO_KEY)).isEqualTo(1);
    assertThat(malformed(Reason.MALFORMED_JSON)).isEqualTo(2);
    assertThat(malformed(Reason.SCHEMA_VIOLATION)).isEqualTo(1);
    assertThat(malformed(Reason.KEY_NOT_ID)).isEqualTo(1);
    assertThat(malformed(Reason.KEY_NOT_UTF8)).isZero();
  }

  @Test
  void newestAppendTimeIsThatOfAnyRecordMalformedOrNot() {
    Gauge<?> newest = gauges.get("topic.inventory.newestRecordTimeMillis");
    assertThat(newest.getValue()).isEqualTo(0L);
    deserialize(0, 7_000, "p", "{");
    deserialize(1, 6_000, "p", "");
    assertThat(newest.getValue()).isEqualTo(7_000L);
  }

  /** Whoever publishes nothing but malformed records must not fill the disk with lines. */
  @Test
  void oneLineASecondSaysHowManyThereWere() {
    ReferenceDeserializer.Warnings warnings = new ReferenceDeserializer.Warnings();
    List<Long> lines = new ArrayList<>();
    long start = Long.MAX_VALUE - 500_000_000;
    for (int milli = 0; milli < 3_500; milli++) {
      long more = warnings.due(start + milli * 1_000_000L);
      if (more >= 0) {
        lines.add(more);
      }
    }
    assertThat(lines).containsExactly(0L, 999L, 999L, 999L);
  }

  private long malformed(Reason reason) {
    return counters.get("topic.inventory.reason." + reason + ".malformedReferences").getCount();
  }

  private void deserialize(long offset, long appendedAt, String key, String value) {
    deserializer.deserialize(
        new ConsumerRecord<>(
            "inventory",
            0,
            offset,
            appendedAt,
            TimestampType.LOG_APPEND_TIME,
            key.length(),
            value.length(),
            key.getBytes(StandardCharsets.UTF_8),
            value.getBytes(StandardCharsets.UTF_8),
            new RecordHeaders(),
            Optional.empty()),
        new ListCollector<>(read));
  }

  /** Keeps what is registered, by the path of its groups. */
  private final class Metrics extends UnregisteredMetricsGroup {
    private final String path;

    Metrics(String path) {
      this.path = path;
    }

    @Override
    public MetricGroup addGroup(String key, String value) {
      return new Metrics(path + key + "." + value + ".");
    }

    @Override
    public Counter counter(String name) {
      return counters.computeIfAbsent(path + name, each -> new SimpleCounter());
    }

    @Override
    public <T, G extends Gauge<T>> G gauge(String name, G gauge) {
      gauges.put(path + name, gauge);
      return gauge;
    }
  }
}
