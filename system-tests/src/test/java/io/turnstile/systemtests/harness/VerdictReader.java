package io.turnstile.systemtests.harness;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.VerdictHeaders;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads committed verdicts from the beginning, by the position of their input. */
public final class VerdictReader implements AutoCloseable {

  private static final Duration POLL = Duration.ofMillis(100);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final TopicNames topics;
  private final KafkaConsumer<byte[], byte[]> consumer;
  private final Map<SourcePosition, List<Verdict>> seen = new HashMap<>();

  /** One committed verdict. */
  public record Verdict(ConsumerRecord<byte[], byte[]> record, Outcome outcome) {

    public JsonNode json() throws IOException {
      return JSON.readTree(record.value());
    }

    /** {@code ACCEPTED}, a rejection reason, or a dead-letter code. */
    public String result() throws IOException {
      return switch (outcome) {
        case ACCEPTED -> "ACCEPTED";
        case REJECTED -> json().get("reason").textValue();
        case DEAD_LETTER -> VerdictHeaders.required(record.headers(), VerdictHeaders.ERROR_CODE);
      };
    }
  }

  public VerdictReader(String bootstrapServers, TopicNames topics, int lanes) {
    this.topics = topics;
    consumer = atTheBeginning(bootstrapServers, topics, lanes);
  }

  /** A consumer of committed verdicts that has all lanes and read none of them. */
  static KafkaConsumer<byte[], byte[]> atTheBeginning(
      String bootstrapServers, TopicNames topics, int lanes) {
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                bootstrapServers,
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed",
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                "none"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    List<TopicPartition> partitions = new ArrayList<>();
    for (String topic : topics.verdicts()) {
      for (int lane = 0; lane < lanes; lane++) {
        partitions.add(new TopicPartition(topic, lane));
      }
    }
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    return consumer;
  }

  /** The input's verdict, once there is one; fails if there are two. */
  public Verdict of(SourcePosition position) {
    long deadline = System.nanoTime() + Deployment.PATIENCE.toNanos();
    while (!seen.containsKey(position) && System.nanoTime() < deadline) {
      poll();
    }
    assertThat(seen.get(position)).as("verdicts of %s", position).hasSize(1);
    return seen.get(position).get(0);
  }

  /** True if the input has its verdict, after reading all verdicts that exist now. */
  public boolean has(SourcePosition position) {
    return count() > 0 && seen.containsKey(position);
  }

  /** The number of inputs that have a verdict, after reading all verdicts that exist now. */
  public int count() {
    consumer
        .endOffsets(consumer.assignment())
        .forEach(
            (partition, end) -> {
              while (consumer.position(partition) < end) {
                poll();
              }
            });
    return seen.size();
  }

  private void poll() {
    for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
      Outcome outcome =
          Outcome.ofHeaderValue(VerdictHeaders.required(record.headers(), VerdictHeaders.OUTCOME));
      assertThat(record.topic()).isEqualTo(topics.verdict(outcome));
      seen.computeIfAbsent(VerdictHeaders.position(record.headers()), p -> new ArrayList<>())
          .add(new Verdict(record, outcome));
    }
  }

  @Override
  public void close() {
    consumer.close();
  }
}
