package io.turnstile.job.read;

import io.turnstile.clients.ReferenceSpec;
import io.turnstile.clients.ReferenceSpec.KeyedBy;
import io.turnstile.clients.Topics;
import io.turnstile.decision.reference.Reference;
import io.turnstile.events.Customer;
import io.turnstile.events.Product;
import io.turnstile.events.ReferenceDocument;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.KafkaSourceBuilder;
import org.apache.flink.connector.kafka.source.KafkaSourceOptions;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSource;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.kafka.clients.consumer.ConsumerConfig;

/** Makes the sources of the job, and reads input topics beside them. */
public final class KafkaSources {

  private static final int DISCOVERY_MILLIS = 5_000;

  /**
   * Updates of products and customers travel together, at most this long after each other: a
   * trickle of them would otherwise cost a fetch each.
   */
  public static final int REFERENCE_BATCH_MILLIS = 100;

  private static final int REFERENCE_BATCH_BYTES = 64 << 10;

  /** Records that a consumer hands on at a time: as many as Kafka's default. */
  static final int MAX_POLL_RECORDS = 500;

  /**
   * Bounds what anybody's records take in memory. One batch of the largest size comes at a time,
   * and what its headers unpack to is gone before the next one is asked for.
   */
  static final Map<String, String> BOUNDED =
      Map.of(
          ConsumerConfig.FETCH_MAX_BYTES_CONFIG,
          Integer.toString(Topics.MAX_INPUT_BYTES),
          ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG,
          Integer.toString(Topics.MAX_INPUT_BYTES),
          ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
          Integer.toString(MAX_POLL_RECORDS),
          ConsumerConfig.INTERCEPTOR_CLASSES_CONFIG,
          HeaderLimit.class.getName());

  private final KafkaSettings kafka;
  private final AppendTime appendTime;

  public KafkaSources(KafkaSettings kafka) {
    this.kafka = kafka;
    this.appendTime = new AppendTime(kafka.trustProducerTime());
  }

  /** Transactions as they are in their topic, readable or not. */
  public DataStream<InputRecord> transactions(StreamExecutionEnvironment environment) {
    return source(
        environment,
        kafka.topics().transactions(),
        "transactions",
        new TransactionDeserializer(appendTime),
        Map.of());
  }

  /** Updates of products. */
  public DataStream<Reference<Product>> inventory(StreamExecutionEnvironment environment) {
    return references(environment, ReferenceKind.PRODUCT, kafka.topics().inventory(), "inventory");
  }

  /** Updates of customers. */
  public DataStream<Reference<Customer>> customers(StreamExecutionEnvironment environment) {
    return references(environment, ReferenceKind.CUSTOMER, kafka.topics().customers(), "customers");
  }

  /** Updates of a named reference. */
  public DataStream<Reference<ReferenceDocument>> reference(
      StreamExecutionEnvironment environment, ReferenceSpec spec) {
    return references(environment, kind(spec), spec.topic(), "reference-" + spec.name());
  }

  /** The topic of a named reference, to be read to its end at a start. */
  public ReferenceTopic<ReferenceDocument> referenceTopic(ReferenceSpec spec) {
    return topic(kind(spec), spec.topic());
  }

  private static ReferenceKind<ReferenceDocument> kind(ReferenceSpec spec) {
    return spec.keyedBy() == KeyedBy.PRODUCT ? ReferenceKind.OF_PRODUCT : ReferenceKind.OF_CUSTOMER;
  }

  /** The inventory topic, to be read to its end at a start. */
  public ReferenceTopic<Product> inventoryTopic() {
    return topic(ReferenceKind.PRODUCT, kafka.topics().inventory());
  }

  /** The customers topic, to be read to its end at a start. */
  public ReferenceTopic<Customer> customersTopic() {
    return topic(ReferenceKind.CUSTOMER, kafka.topics().customers());
  }

  /** Transactions, to be read again. */
  public Inputs inputs() {
    return new KafkaInputs(kafka.client(), appendTime);
  }

  /** Asks the brokers which topics these are. */
  public TopicIdentities identities(List<ReferenceSpec> references) {
    return new KafkaTopicIdentities(kafka.client(), kafka.topics().inputs(), references);
  }

  private <T> ReferenceTopic<T> topic(ReferenceKind<T> kind, String name) {
    return new KafkaReferenceTopic<>(kind, name, kafka.client(), appendTime);
  }

  private <T> DataStream<Reference<T>> references(
      StreamExecutionEnvironment environment, ReferenceKind<T> kind, String topic, String name) {
    return source(
            environment,
            topic,
            name,
            new ReferenceDeserializer<>(kind, topic, appendTime),
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
            .setProperties(kafka.client())
            .setProperty(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed")
            .setProperty(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false")
            .setProperty(
                KafkaSourceOptions.PARTITION_DISCOVERY_INTERVAL_MS.key(),
                Integer.toString(DISCOVERY_MILLIS))
            .setGroupId(kafka.groupId())
            .setClientIdPrefix(kafka.groupId() + "-" + name)
            .setKafkaSubscriber(new PinnedTopicSubscriber(topic))
            .setStartingOffsets(new EarliestOffsetsWithoutReset())
            .setDeserializer(deserializer);
    BOUNDED.forEach(source::setProperty);
    fetching.forEach(source::setProperty);
    DataStreamSource<T> stream =
        environment.fromSource(
            new FailFastKafkaSource<>(source.build()), WatermarkStrategy.noWatermarks(), name);
    stream.uid("source-" + name);
    return stream;
  }
}
