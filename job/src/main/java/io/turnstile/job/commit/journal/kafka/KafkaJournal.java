package io.turnstile.job.commit.journal.kafka;

import io.turnstile.events.TopicNames;
import io.turnstile.job.commit.journal.Journal;
import io.turnstile.job.commit.journal.JournalException;
import io.turnstile.job.commit.journal.LaneJournal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.DescribeFeaturesOptions;
import org.apache.kafka.clients.admin.FeatureMetadata;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.SupportedVersionRange;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * The {@link Journal} in Kafka: the three verdict topics. Lane <em>n</em> is partition <em>n</em>
 * of each, and one transactional id.
 */
public final class KafkaJournal implements Journal {

  private static final String TRANSACTION_VERSION = "transaction.version";

  /** From here on a zombie's late append cannot get into its successor's transaction. */
  private static final short MIN_TRANSACTION_VERSION = 2;

  private static final String METADATA_VERSION = "metadata.version";

  /** The first of Kafka 4.3. */
  private static final short MIN_METADATA_VERSION = 30;

  /** A process that wakes up after it was given up for dead notices so within this time. */
  private static final Duration STRAY_LIVES = Duration.ofSeconds(5);

  private static final long RETRY_MILLIS = 100;

  private final KafkaJournalSettings settings;
  private final Duration strayLives;
  private final Admin admin;
  private final SortedMap<String, String> identity = new TreeMap<>();
  private final Map<String, Integer> maxMessageBytes = new TreeMap<>();

  private KafkaJournal(KafkaJournalSettings settings, Duration strayLives, Admin admin) {
    this.settings = settings;
    this.strayLives = strayLives;
    this.admin = admin;
  }

  /**
   * Connects, and checks that cluster and topics suit.
   *
   * @param lanes how many lanes the deployment has
   * @throws JournalException.Refused if they do not
   */
  public static KafkaJournal connect(KafkaJournalSettings settings, int lanes)
      throws JournalException, InterruptedException {
    return connect(settings, lanes, STRAY_LIVES);
  }

  static KafkaJournal connect(KafkaJournalSettings settings, int lanes, Duration strayLives)
      throws JournalException, InterruptedException {
    String timeout = Long.toString(settings.takeOverTimeout().toMillis());
    Properties properties = new Properties();
    properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, timeout);
    properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, timeout);
    properties.putAll(settings.client());
    properties.putIfAbsent(CommonClientConfigs.CLIENT_ID_CONFIG, "turnstile-journal-admin");
    KafkaJournal journal;
    try {
      journal = new KafkaJournal(settings, strayLives, Admin.create(properties));
    } catch (KafkaException e) {
      throw KafkaFailures.explain("the journal cannot connect to Kafka", e);
    }
    try {
      journal.requireFeatures();
      journal.describe(lanes);
      return journal;
    } catch (JournalException | InterruptedException | RuntimeException e) {
      journal.close();
      throw e;
    }
  }

  private void requireFeatures() throws JournalException, InterruptedException {
    for (Node node : get("asking for the brokers", admin.describeCluster().nodes())) {
      FeatureMetadata features =
          get(
              "asking broker " + node + " for its version",
              admin
                  .describeFeatures(new DescribeFeaturesOptions().nodeId(node.id()))
                  .featureMetadata());
      FinalizedVersionRange transactions = features.finalizedFeatures().get(TRANSACTION_VERSION);
      SupportedVersionRange metadata = features.supportedFeatures().get(METADATA_VERSION);
      requireFeatures(
          node.toString(),
          transactions == null ? 0 : transactions.maxVersionLevel(),
          metadata == null ? 0 : metadata.maxVersion());
    }
  }

  /**
   * Checks the versions of a broker.
   *
   * @param transactionVersion finalized
   * @param metadataVersion supported
   */
  static void requireFeatures(String broker, int transactionVersion, int metadataVersion)
      throws JournalException.Refused {
    if (transactionVersion < MIN_TRANSACTION_VERSION) {
      throw new JournalException.Refused(
          "the Kafka cluster has "
              + TRANSACTION_VERSION
              + "="
              + transactionVersion
              + ", commit mode journal needs "
              + MIN_TRANSACTION_VERSION
              + ": upgrade it (kafka-features.sh upgrade --feature "
              + TRANSACTION_VERSION
              + "="
              + MIN_TRANSACTION_VERSION
              + "), or use --commit checkpoint");
    }
    if (metadataVersion < MIN_METADATA_VERSION) {
      throw new JournalException.Refused(
          "Kafka broker "
              + broker
              + " supports "
              + METADATA_VERSION
              + " up to level "
              + metadataVersion
              + ", commit mode journal needs level "
              + MIN_METADATA_VERSION
              + " (Kafka 4.3.1 or later): upgrade the brokers, or use --commit checkpoint");
    }
  }

  private void describe(int lanes) throws JournalException, InterruptedException {
    TopicNames topics = settings.topics();
    identity.put(
        "cluster id", get("asking for the cluster's id", admin.describeCluster().clusterId()));
    identity.put("lanes", Integer.toString(lanes));
    for (String topic : topics.verdicts()) {
      TopicDescription description = describe(topic);
      if (description.partitions().size() != lanes) {
        throw new JournalException.Refused(
            "topic "
                + topic
                + " has "
                + description.partitions().size()
                + " partitions and the job "
                + lanes
                + " lanes, which must be the same: use --lanes "
                + description.partitions().size()
                + " or other verdict topics");
      }
      identity.put("id of topic " + topic, description.topicId().toString());
      maxMessageBytes.put(topic, maxMessageBytes(topic));
    }
  }

  /** A topic created a moment ago, or a broker just started: the news may not have spread yet. */
  private TopicDescription describe(String topic) throws JournalException, InterruptedException {
    long giveUpAt = System.nanoTime() + settings.takeOverTimeout().toNanos();
    while (true) {
      try {
        return get(
            "describing topic " + topic,
            admin.describeTopics(List.of(topic)).topicNameValues().get(topic));
      } catch (JournalException e) {
        if (!(e.getCause() instanceof UnknownTopicOrPartitionException)
            || System.nanoTime() > giveUpAt) {
          throw e;
        }
        Thread.sleep(RETRY_MILLIS);
      }
    }
  }

  private int maxMessageBytes(String topic) throws JournalException, InterruptedException {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    Config config =
        get(
            "reading the settings of topic " + topic,
            admin.describeConfigs(List.of(resource)).values().get(resource));
    return Integer.parseInt(config.get("max.message.bytes").value());
  }

  private <T> T get(String what, KafkaFuture<T> future)
      throws JournalException, InterruptedException {
    return get(what, future, settings.takeOverTimeout().toMillis());
  }

  static <T> T get(String what, KafkaFuture<T> future, long timeoutMillis)
      throws JournalException, InterruptedException {
    try {
      return future.get(timeoutMillis, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw KafkaFailures.explain(what, e.getCause());
    } catch (TimeoutException e) {
      throw KafkaFailures.explain(what, e);
    }
  }

  @Override
  public SortedMap<String, String> identity() {
    return identity;
  }

  @Override
  public LaneJournal lane(int number, Runnable failed) {
    return new KafkaLane(settings, strayLives, admin, maxMessageBytes, number, failed);
  }

  @Override
  public void close() {
    try {
      admin.close(Duration.ZERO);
    } catch (InterruptException e) {
      Thread.currentThread().interrupt();
    }
  }
}
