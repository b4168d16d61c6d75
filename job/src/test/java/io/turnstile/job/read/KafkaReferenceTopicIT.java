package io.turnstile.job.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.turnstile.decision.reference.Reference;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import io.turnstile.job.commit.journal.kafka.TestBroker;
import io.turnstile.job.read.ReferenceTopic.End;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Reading a reference topic to its end, on a real broker. */
class KafkaReferenceTopicIT {

  private static final long PATIENCE_SECONDS = 60;

  @RegisterExtension static final TestBroker BROKER = new TestBroker();

  private final List<Reference<Product>> read = new CopyOnWriteArrayList<>();
  private final ExecutorService thread = Executors.newSingleThreadExecutor();
  private String topic;
  private ReferenceTopic.Reader<Product> reader;
  private KafkaProducer<byte[], byte[]> other;

  @BeforeEach
  void createTopic() throws Exception {
    topic = BROKER.createTopics(1).topics().inventory();
    Properties client = new Properties();
    client.put("bootstrap.servers", BROKER.testbed().bootstrapServers());
    reader =
        new KafkaReferenceTopic<>(ReferenceKind.PRODUCT, topic, client, new AppendTime(false))
            .reader();
    other = producer("other");
  }

  @AfterEach
  void close() {
    reader.close();
    thread.shutdownNow();
    other.close(Duration.ZERO);
  }

  /** A reader of committed records sees nothing behind it, so it was refused before. */
  @Test
  void productBehindSomebodysOpenTransactionIsWaitedFor() throws Exception {
    other.beginTransaction();
    send(other, 0, "open").get();
    publish(0, "behind");

    assertThat(readTo(End.LAST_STABLE_OFFSET, Map.of()).get(PATIENCE_SECONDS, TimeUnit.SECONDS))
        .isEqualTo(Map.of(0, 0L));
    assertThat(read).isEmpty();

    Future<Map<Integer, Long>> end = readTo(End.HIGH_WATERMARK, Map.of());
    assertThat(end).isNotDone();
    other.abortTransaction();
    assertThat(end.get(PATIENCE_SECONDS, TimeUnit.SECONDS).get(0)).isGreaterThanOrEqualTo(2);
    assertThat(read).extracting(Reference::key).containsExactly("behind");
  }

  @Test
  void partitionThatIsNewIsReadByAReaderThatIsOld() throws Exception {
    publish(0, "first");
    readTo(End.HIGH_WATERMARK, Map.of()).get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    BROKER.admin().createPartitions(Map.of(topic, NewPartitions.increaseTo(2))).all().get();
    publish(1, "second");

    Map<Integer, Long> end =
        readTo(End.HIGH_WATERMARK, Map.of(0, 1L)).get(PATIENCE_SECONDS, TimeUnit.SECONDS);

    assertThat(end).containsKey(1);
    assertThat(read).extracting(Reference::key).containsExactly("first", "second");
  }

  /** As a task does it that is cancelled. */
  @Test
  void closingEndsAReadingThatWaits() throws Exception {
    other.beginTransaction();
    send(other, 0, "open").get();
    Future<Map<Integer, Long>> end = readTo(End.HIGH_WATERMARK, Map.of());
    await().pollDelay(Duration.ofMillis(200)).until(() -> !end.isDone());

    reader.close();

    assertThatThrownBy(() -> end.get(PATIENCE_SECONDS, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(IOException.class);
  }

  private Future<Map<Integer, Long>> readTo(End end, Map<Integer, Long> from) {
    return thread.submit(() -> reader.readTo(end, from, key -> true, read::add));
  }

  private void publish(int partition, String id) throws Exception {
    try (KafkaProducer<byte[], byte[]> publisher = producer(null)) {
      send(publisher, partition, id).get();
    }
  }

  private Future<?> send(KafkaProducer<byte[], byte[]> by, int partition, String id) {
    return by.send(
        new ProducerRecord<>(
            topic,
            partition,
            id.getBytes(StandardCharsets.UTF_8),
            ProductCodec.encode(new Product(id, "name", "category", 100, "EUR", 5, 1, 1_000))));
  }

  private KafkaProducer<byte[], byte[]> producer(String transactionalId) {
    Properties properties = new Properties();
    properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, BROKER.testbed().bootstrapServers());
    if (transactionalId != null) {
      properties.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, topic + transactionalId);
    }
    KafkaProducer<byte[], byte[]> made =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
    if (transactionalId != null) {
      made.initTransactions();
    }
    return made;
  }
}
