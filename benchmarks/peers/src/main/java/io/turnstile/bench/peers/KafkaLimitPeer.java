package io.turnstile.bench.peers;

import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * The peer <em>kafka-limit</em>: consumes and produces in transactions, and decides nothing. Each
 * input goes as it is to the topic of accepted verdicts, with the headers of a verdict: what comes
 * out is there exactly once, but says nothing.
 */
@Command(
    name = "kafka-limit",
    description = "Copies each transaction in Kafka transactions and decides nothing.")
public final class KafkaLimitPeer implements Callable<Integer> {

  private static final Logger LOG = LoggerFactory.getLogger(KafkaLimitPeer.class);

  @Mixin private PeerOptions options;

  public static void main(String[] args) {
    System.exit(new CommandLine(new KafkaLimitPeer()).execute(args));
  }

  @Override
  public Integer call() throws InterruptedException {
    CountDownLatch ready = new CountDownLatch(options.threads);
    IntStream.range(0, options.threads)
        .forEach(number -> new Thread(() -> run(number, ready), "copy-" + number).start());
    ready.await();
    System.out.println(PeerOptions.READY);
    Thread.currentThread().join();
    return 1;
  }

  /** A failure ends the process: what was not committed is copied after the next start. */
  private void run(int thread, CountDownLatch ready) {
    try (KafkaProducer<byte[], byte[]> producer = producer(thread);
        KafkaConsumer<byte[], byte[]> consumer = consumer()) {
      // Before the offsets are asked for: here ends a transaction that was left open.
      producer.initTransactions();
      consumer.assign(partitions(consumer, thread));
      consumer.assignment().forEach(consumer::position);
      ready.countDown();
      copy(consumer, producer);
    } catch (RuntimeException e) {
      LOG.error("Giving up", e);
      Runtime.getRuntime().halt(1);
    }
  }

  private void copy(
      KafkaConsumer<byte[], byte[]> consumer, KafkaProducer<byte[], byte[]> producer) {
    ConsumerGroupMetadata group = consumer.groupMetadata();
    long interval = TimeUnit.MILLISECONDS.toNanos(options.commitIntervalMillis);
    Map<TopicPartition, OffsetAndMetadata> copied = new HashMap<>();
    long due = 0;
    while (true) {
      long left = copied.isEmpty() ? interval : Math.max(0, due - System.nanoTime());
      ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofNanos(left));
      if (!records.isEmpty()) {
        if (copied.isEmpty()) {
          producer.beginTransaction();
          due = System.nanoTime() + interval;
        }
        for (ConsumerRecord<byte[], byte[]> record : records) {
          // The commit fails if this does.
          Future<RecordMetadata> unused = producer.send(copy(record));
        }
        copied.putAll(records.nextOffsets());
      }
      if (!copied.isEmpty() && System.nanoTime() - due >= 0) {
        producer.sendOffsetsToTransaction(copied, group);
        producer.commitTransaction();
        copied.clear();
      }
    }
  }

  private ProducerRecord<byte[], byte[]> copy(ConsumerRecord<byte[], byte[]> record) {
    SourcePosition at = new SourcePosition(record.topic(), record.partition(), record.offset());
    RecordHeaders headers = TurnstileProcessor.headers(at, Outcome.ACCEPTED);
    String topic = options.topics().accepted();
    return new ProducerRecord<>(topic, null, record.key(), record.value(), headers);
  }

  /** Dealt out in turn; one process has them all, so that no group has to agree on it. */
  private List<TopicPartition> partitions(KafkaConsumer<?, ?> consumer, int thread) {
    return consumer.partitionsFor(options.topics().transactions()).stream()
        .filter(partition -> partition.partition() % options.threads == thread)
        .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
        .toList();
  }

  private KafkaProducer<byte[], byte[]> producer(int thread) {
    Map<String, Object> p = new HashMap<>(PeerOptions.PRODUCER);
    p.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, options.bootstrapServers);
    p.put(
        ProducerConfig.TRANSACTIONAL_ID_CONFIG,
        options.applicationId("kafka-limit") + "-" + thread);
    p.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    return new KafkaProducer<>(p, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    Map<String, Object> p = new HashMap<>();
    p.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, options.bootstrapServers);
    p.put(ConsumerConfig.GROUP_ID_CONFIG, options.applicationId("kafka-limit"));
    p.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    p.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    p.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    return new KafkaConsumer<>(p, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }
}
