package io.turnstile.gateway.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.events.SourcePosition;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RoundRobinPartitioner;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

class KafkaAppenderTest {

  private static final Duration TIMEOUT = Duration.ofSeconds(4);

  private final MockProducer<byte[], byte[]> producer =
      new MockProducer<>(
          false, new RoundRobinPartitioner(), new ByteArraySerializer(), new ByteArraySerializer());

  private final KafkaAppender appender = new KafkaAppender(producer, TIMEOUT);

  private static ProducerRecord<byte[], byte[]> record() {
    return new ProducerRecord<>("transactions", 0, new byte[] {1}, new byte[] {2});
  }

  @Test
  void positionIsThatOfTheAcknowledgement() throws Exception {
    CompletableFuture<SourcePosition> first = appender.append(record());
    CompletableFuture<SourcePosition> second = appender.append(record());
    assertThat(first).isNotDone();
    producer.completeNext();
    producer.completeNext();
    assertThat(first.get()).isEqualTo(new SourcePosition("transactions", 0, 0));
    assertThat(second.get()).isEqualTo(new SourcePosition("transactions", 0, 1));
  }

  @Test
  void failureOfWhatWasSentLeavesItOpenWhetherItIsThere() throws Exception {
    CompletableFuture<SourcePosition> position = appender.append(record());
    Thread sender = new Thread(() -> producer.errorNext(new TimeoutException("expired")));
    sender.start();
    sender.join();
    assertThatThrownBy(position::get)
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(TimeoutException.class);
  }

  @Test
  void whatTheClientRefusesWasCertainlyNotSent() {
    producer.close();
    assertThatThrownBy(() -> appender.append(record()).get())
        .hasCauseInstanceOf(NotSentException.class);
  }

  /** Whatever the properties of the client say. */
  @Test
  void producerIsIdempotentAndNeverBlocks() {
    Map<String, Object> client = new HashMap<>();
    client.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, "localhost:1");
    client.put(ProducerConfig.ACKS_CONFIG, "1");
    client.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, false);
    client.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 60_000);
    client.put(ProducerConfig.BUFFER_MEMORY_CONFIG, 1);
    Map<String, Object> config = KafkaAppender.configuration(client, TIMEOUT);
    assertThat(config)
        .containsEntry(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true)
        .containsEntry(ProducerConfig.ACKS_CONFIG, "all")
        .containsEntry(ProducerConfig.BUFFER_MEMORY_CONFIG, (long) KafkaAppender.BUFFER_BYTES);
    // Kafka's client takes them, and gives up at once without a broker.
    try (KafkaProducer<byte[], byte[]> real =
        new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
      assertThatThrownBy(() -> new KafkaAppender(real, TIMEOUT).append(record()).get())
          .hasCauseInstanceOf(NotSentException.class);
    }
  }
}
