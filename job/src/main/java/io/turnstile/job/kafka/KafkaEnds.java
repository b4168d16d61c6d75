package io.turnstile.job.kafka;

import io.turnstile.events.Customer;
import io.turnstile.job.JobConfig;
import io.turnstile.job.Topology;
import io.turnstile.job.reference.Reference;
import io.turnstile.job.reference.ReferenceKind;
import io.turnstile.job.reference.ReferenceTopic;
import io.turnstile.job.stream.Verdict;
import java.util.Map;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.TransactionNamingStrategy;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.KafkaSourceOptions;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSource;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;

/** The Kafka ends of the topology: what production reads from and writes to. */
public final class KafkaEnds {

  private static final int DISCOVERY_MILLIS = 5_000;
  private static final int MAX_REQUEST_BYTES = 6 << 20;

  /**
   * Updates of products and customers travel together, at most this long after each other: a
   * trickle of them would otherwise cost a fetch each.
   */
  private static final int REFERENCE_BATCH_MILLIS = 100;

  private static final int REFERENCE_BATCH_BYTES = 64 << 10;

  private final JobConfig config;
  private final AppendTime appendTime;

  public KafkaEnds(JobConfig config) {
    this.config = config;
    this.appendTime = new AppendTime(config.trustProducerTime());
  }

  /** The sources, and the interfaces that read topics beside them. */
  public Topology.Inputs inputs(StreamExecutionEnvironment environment) {
    return new Topology.Inputs(
        source(
            environment,
            config.topics().transactions(),
            "transactions",
            new InputDeserializer(appendTime),
            Map.of()),
        references(environment, ReferenceKind.PRODUCT, config.topics().inventory(), "inventory"),
        references(environment, ReferenceKind.CUSTOMER, config.topics().customers(), "customers"),
        new KafkaReferenceTopic<>(
            ReferenceKind.PRODUCT,
            config.topics().inventory(),
            config.clientProperties(),
            appendTime),
        new KafkaTopicIdentities(config.clientProperties(), config.topics().inputs()));
  }

  /** The customers topic, to be read to its end at a start. */
  public ReferenceTopic<Customer> customers() {
    return new KafkaReferenceTopic<>(
        ReferenceKind.CUSTOMER, config.topics().customers(), config.clientProperties(), appendTime);
  }

  /** Commits verdicts when a checkpoint completes. */
  public void commitWithCheckpoints(DataStream<Verdict> verdicts) {
    Properties properties = config.clientProperties();
    properties.put(
        ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
        Long.toString(config.transactionTimeout().toMillis()));
    properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Integer.toString(MAX_REQUEST_BYTES));
    // While the coordinator still finishes the transaction before, a producer waits this long.
    properties.put(ProducerConfig.RETRY_BACKOFF_MS_CONFIG, "2");
    properties.put(ProducerConfig.RETRY_BACKOFF_MAX_MS_CONFIG, "10");
    KafkaSink<Verdict> sink =
        KafkaSink.<Verdict>builder()
            .setKafkaProducerConfig(properties)
            .setBootstrapServers(config.bootstrapServers())
            .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
            .setTransactionalIdPrefix(config.topics().accepted())
            .setTransactionNamingStrategy(TransactionNamingStrategy.POOLING)
            .setRecordSerializer(new VerdictRecords(config.topics()))
            .build();
    verdicts
        .sinkTo(new LosslessSink(sink))
        .name("commit verdicts")
        .uid("verdict-sink")
        .setMaxParallelism(config.lanes());
  }

  private <T> DataStream<Reference<T>> references(
      StreamExecutionEnvironment environment, ReferenceKind<T> kind, String topic, String name) {
    return source(
            environment,
            topic,
            name,
            new ReferenceDeserializer<>(kind, appendTime),
            Map.of(
                ConsumerConfig.FETCH_MIN_BYTES_CONFIG,
                Integer.toString(REFERENCE_BATCH_BYTES),
                ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG,
                Integer.toString(REFERENCE_BATCH_MILLIS)))
        .setBufferTimeout(REFERENCE_BATCH_MILLIS);
  }

  private <T> DataStreamSource<T> source(
      StreamExecutionEnvironment environment,
      String topic,
      String name,
      KafkaRecordDeserializationSchema<T> deserializer,
      Map<String, String> fetching) {
    KafkaSourceBuilder<T> source =
        KafkaSource.<T>builder()
            .setProperties(config.clientProperties())
            .setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed")
            .setProperty(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false")
            .setProperty(
                KafkaSourceOptions.PARTITION_DISCOVERY_INTERVAL_MS.key(),
                Integer.toString(DISCOVERY_MILLIS))
            .setBootstrapServers(config.bootstrapServers())
            .setGroupId(config.groupId())
            .setClientIdPrefix(config.groupId() + "-" + name)
            .setKafkaSubscriber(new PinnedTopicSubscriber(topic))
            .setStartingOffsets(new FromTheBeginning())
            .setDeserializer(deserializer);
    fetching.forEach(source::setProperty);
    DataStreamSource<T> stream =
        environment.fromSource(
            new LosslessSource<>(source.build()), WatermarkStrategy.noWatermarks(), name);
    stream.uid("source-" + name);
    return stream;
  }
}
