package io.turnstile.simulator;

import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.clients.KafkaOptions;
import io.turnstile.clients.Topics;
import io.turnstile.clients.postgresql.PostgresqlSource;
import io.turnstile.clients.postgresql.TableVerdicts;
import io.turnstile.events.TopicNames;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * The brokers' addresses and the topics' names, and where the verdicts are. Immutable.
 *
 * @param clientProperties go to every Kafka client and override the simulator's own choices, except
 *     that only committed records are read
 * @param database of the verdicts; null if they are in the verdict topics
 */
public record KafkaConnection(
    String bootstrapServers,
    Map<String, String> clientProperties,
    TopicNames topics,
    PostgresqlSource database)
    implements KafkaClients {

  private static final int CHECK_MS = 15_000;
  private static final int LEADERS_MS = 60_000;

  private static final Map<String, Object> PRODUCER_DEFAULTS =
      Map.of(
          ProducerConfig.ACKS_CONFIG,
          "all",
          ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
          true,
          ProducerConfig.LINGER_MS_CONFIG,
          5,
          ProducerConfig.BATCH_SIZE_CONFIG,
          128 << 10,
          ProducerConfig.BUFFER_MEMORY_CONFIG,
          64L << 20,
          ProducerConfig.MAX_REQUEST_SIZE_CONFIG,
          4 << 20,
          // A stopped broker delays the run instead of failing it, as long as a send may take.
          ProducerConfig.MAX_BLOCK_MS_CONFIG,
          120_000L);

  public KafkaConnection {
    clientProperties = Map.copyOf(clientProperties);
  }

  /** One whose verdicts are in the verdict topics. */
  public KafkaConnection(
      String bootstrapServers, Map<String, String> clientProperties, TopicNames topics) {
    this(bootstrapServers, clientProperties, topics, null);
  }

  /**
   * The deployment that a command's options name.
   *
   * @throws IOException if the client properties cannot be read
   */
  public static KafkaConnection of(KafkaOptions options) throws IOException {
    return new KafkaConnection(
        options.bootstrapServers(), options.clientProperties(), options.topics());
  }

  /** Never prints the client properties: they may hold a password. */
  @Override
  public String toString() {
    return "KafkaConnection[" + bootstrapServers + ", " + topics + "]";
  }

  /** The same with one more client property. */
  public KafkaConnection with(String property, String value) {
    Map<String, String> properties = new HashMap<>(clientProperties);
    properties.put(property, value);
    return new KafkaConnection(bootstrapServers, properties, topics, database);
  }

  /** The same with its verdicts in a database; in the verdict topics if that is null. */
  public KafkaConnection withVerdictsIn(PostgresqlSource otherDatabase) {
    return new KafkaConnection(bootstrapServers, clientProperties, topics, otherDatabase);
  }

  @Override
  public void requireTopics(Collection<String> wanted) throws IOException, InterruptedException {
    List<String> names = new ArrayList<>(wanted);
    if (database != null) {
      names.removeAll(topics.verdicts());
    }
    Admin admin;
    try {
      admin =
          Admin.create(
              config(
                  Map.of(
                      AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG,
                      CHECK_MS,
                      AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG,
                      CHECK_MS)));
    } catch (ConfigException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    } catch (KafkaException e) {
      String why = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
      throw new IOException("no Kafka client for " + bootstrapServers + ": " + why, e);
    }
    try {
      awaitLeaders(admin, partitions(admin, names));
    } finally {
      admin.close(Duration.ZERO);
    }
  }

  private List<TopicPartition> partitions(Admin admin, Collection<String> names)
      throws IOException, InterruptedException {
    try {
      return admin.describeTopics(names).allTopicNames().get().values().stream()
          .flatMap(
              topic ->
                  topic.partitions().stream()
                      .map(info -> new TopicPartition(topic.name(), info.partition())))
          .toList();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        throw new IOException(
            "a topic is missing at "
                + bootstrapServers
                + ", needed are "
                + String.join(", ", names)
                + "; create them first",
            e);
      }
      if (e.getCause() instanceof TimeoutException) {
        throw new IOException("no Kafka broker answers at " + bootstrapServers, e);
      }
      throw failure(e);
    }
  }

  private void awaitLeaders(Admin admin, List<TopicPartition> partitions)
      throws IOException, InterruptedException {
    try {
      Topics.awaitLeaders(admin, partitions, new ListOffsetsOptions().timeoutMs(LEADERS_MS));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TimeoutException) {
        throw new IOException("some topics have no leader that answers at " + bootstrapServers, e);
      }
      throw failure(e);
    }
  }

  private IOException failure(ExecutionException e) {
    return new IOException("Kafka at " + bootstrapServers + ": " + e.getCause().getMessage(), e);
  }

  @Override
  public Producer<String, byte[]> newProducer() {
    return new KafkaProducer<>(
        config(PRODUCER_DEFAULTS), new StringSerializer(), new ByteArraySerializer());
  }

  /** A consumer of committed records that belongs to no group, to be closed by the caller. */
  public Consumer<byte[], byte[]> newConsumer() {
    return CommittedVerdicts.consumer(config(Map.of()));
  }

  @Override
  public CommittedVerdicts<byte[]> verdicts(Collection<String> verdictTopics) {
    return database == null
        ? new CommittedVerdicts<>(newConsumer(), verdictTopics)
        : new CommittedVerdicts<>(
            new TableVerdicts<>(database, topics, verdictTopics, bytes -> bytes));
  }

  /** A reader of all verdicts for measuring: it spares itself what only a proof needs. */
  public CommittedVerdicts<ByteBuffer> verdictsToMeasure() {
    return database == null
        ? CommittedVerdicts.unchecked(config(Map.of()), topics.verdicts())
        : new CommittedVerdicts<>(
            new TableVerdicts<>(database, topics, topics.verdicts(), ByteBuffer::wrap));
  }

  private Map<String, Object> config(Map<String, Object> defaults) {
    Map<String, Object> config = new HashMap<>(defaults);
    config.putAll(clientProperties);
    config.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    return config;
  }
}
