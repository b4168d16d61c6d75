package io.turnstile.bench.peers;

import java.nio.file.Path;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.StreamsConfig;

/**
 * The settings of Kafka Streams, for low latency at exactly-once. What is not set here is Kafka's
 * default; {@code README.md} has a reason for each.
 */
final class StreamsSettings {

  private static final long POLL_MILLIS = 2;
  private static final long RECORD_CACHE_BYTES = 32L << 20;

  private StreamsSettings() {}

  static Properties of(PeerOptions options, Path stateDirectory, int stateMemoryMegabytes) {
    Properties p = new Properties();
    p.put(StreamsConfig.APPLICATION_ID_CONFIG, options.applicationId("kafka-streams"));
    p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, options.bootstrapServers());
    p.put(StreamsConfig.STATE_DIR_CONFIG, stateDirectory.toString());
    p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, options.threads());
    p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, options.commitInterval().toMillis());
    p.put(StreamsConfig.POLL_MS_CONFIG, POLL_MILLIS);
    p.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, RECORD_CACHE_BYTES);
    p.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, BoundedRocksDb.class);
    p.put(BoundedRocksDb.MEGABYTES, stateMemoryMegabytes);

    producer(p, ProducerConfig.BATCH_SIZE_CONFIG, PeerOptions.BATCH_BYTES);
    producer(p, ProducerConfig.MAX_REQUEST_SIZE_CONFIG, PeerOptions.MAX_REQUEST_BYTES);
    producer(p, ProducerConfig.RETRY_BACKOFF_MS_CONFIG, PeerOptions.RETRY_BACKOFF_MILLIS);
    producer(p, ProducerConfig.RETRY_BACKOFF_MAX_MS_CONFIG, PeerOptions.MAX_RETRY_BACKOFF_MILLIS);
    producer(p, ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, 60_000);

    consumer(p, ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 10_000);
    consumer(p, ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 1_000);
    consumer(p, ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, "peer");
    return p;
  }

  private static void producer(Properties properties, String name, Object value) {
    properties.put(StreamsConfig.producerPrefix(name), value);
  }

  private static void consumer(Properties properties, String name, Object value) {
    properties.put(StreamsConfig.mainConsumerPrefix(name), value);
  }
}
