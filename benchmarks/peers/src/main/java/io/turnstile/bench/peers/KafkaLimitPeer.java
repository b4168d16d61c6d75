package io.turnstile.bench.peers;

import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.VerdictHeaders;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import org.apache.kafka.clients.CommonClientConfigs;
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

  private KafkaLimitPeer() {}

  public static void main(String[] args) {
    System.exit(new CommandLine(new KafkaLimitPeer()).execute(args));
  }

  @Override
  public Integer call() throws InterruptedException {
    CountDownLatch ready = new CountDownLatch(options.threads());
    for (int thread = 0; thread < options.threads(); thread++) {
      int number = thread;
      new Thread(() -> run(number, ready), "copy-" + number).start();
    }
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
    long interval = options.commitInterval().toNanos();
    long begun = 0;
    boolean open = false;
    while (true) {
      long left = open ? Math.max(0, begun + interval - System.nanoTime()) : interval;
      ConsumerRecords<byte[], byte[]> records = consumer.poll(Duration.ofNanos(left));
      if (!records.isEmpty() && !open) {
        producer.beginTransaction();
        begun = System.nanoTime();
        open = true;
      }
      for (ConsumerRecord<byte[], byte[]> record : records) {
        // The commit fails if this does.
        Future<RecordMetadata> unused = producer.send(copy(record));
      }
      if (open && System.nanoTime() - begun >= interval) {
        producer.sendOffsetsToTransaction(positions(consumer), group);
        producer.commitTransaction();
        open = false;
      }
    }
  }

  private ProducerRecord<byte[], byte[]> copy(ConsumerRecord<byte[], byte[]> record) {
    RecordHeaders headers = new RecordHeaders();
    VerdictHeaders.write(
        headers,
        new SourcePosition(record.topic(), record.partition(), record.offset()),
        Outcome.ACCEPTED);
    return new ProducerRecord<>(
        options.topics().accepted(), null, record.key(), record.value(), headers);
  }

  private static Map<TopicPartition, OffsetAndMetadata> positions(KafkaConsumer<?, ?> consumer) {
    Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
    for (TopicPartition partition : consumer.assignment()) {
      positions.put(partition, new OffsetAndMetadata(consumer.position(partition)));
    }
    return positions;
  }

  /** Dealt out in turn; one process has them all, so that no group has to agree on it. */
  private List<TopicPartition> partitions(KafkaConsumer<?, ?> consumer, int thread) {
    return consumer.partitionsFor(options.topics().transactions()).stream()
        .filter(partition -> partition.partition() % options.threads() == thread)
        .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
        .toList();
  }

  private KafkaProducer<byte[], byte[]> producer(int thread) {
    Properties p = new Properties();
    p.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, options.bootstrapServers());
    p.put(
        ProducerConfig.TRANSACTIONAL_ID_CONFIG,
        options.applicationId("kafka-limit") + "-" + thread);
    p.put(ProducerConfig.LINGER_MS_CONFIG, "0");
    p.put(ProducerConfig.BATCH_SIZE_CONFIG, PeerOptions.BATCH_BYTES);
    p.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, PeerOptions.MAX_REQUEST_BYTES);
    p.put(ProducerConfig.RETRY_BACKOFF_MS_CONFIG, PeerOptions.RETRY_BACKOFF_MILLIS);
    p.put(ProducerConfig.RETRY_BACKOFF_MAX_MS_CONFIG, PeerOptions.MAX_RETRY_BACKOFF_MILLIS);
    return new KafkaProducer<>(p, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private KafkaConsumer<byte[], byte[]> consumer() {
    Properties p = new Properties();
    p.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, options.bootstrapServers());
    p.put(CommonClientConfigs.GROUP_ID_CONFIG, options.applicationId("kafka-limit"));
    p.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    p.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    p.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    return new KafkaConsumer<>(p, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }
}
