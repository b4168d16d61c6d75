package io.turnstile.job.commit.journal.kafka;

import io.turnstile.clients.Generation;
import io.turnstile.clients.KafkaSettings;
import io.turnstile.clients.OwnersTopic;
import io.turnstile.job.commit.journal.Journal;
import io.turnstile.job.commit.journal.JournalException;
import io.turnstile.job.commit.journal.LaneJournal;
import io.turnstile.job.commit.journal.LanePosition;
import io.turnstile.job.commit.journal.LaneRange;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.DescribeFeaturesOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.FeatureMetadata;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.clients.admin.SupportedVersionRange;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.acl.AclOperation;
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

  private static final String ID_EXPIRATION = "transactional.id.expiration.ms";

  /** Far below the week for which brokers remember an idle transactional id by default. */
  private static final Duration DEFAULT_MAX_IDLE = Duration.ofHours(1);

  private static final long RETRY_MILLIS = 100;

  private final KafkaJournalSettings settings;
  private final Duration strayLives;
  private final Admin admin;
  private int lanes;
  private final SortedMap<String, String> identity = new TreeMap<>();
  private final Map<String, Integer> maxMessageBytes = new TreeMap<>();
  private final Semaphore takeOversAgain = new Semaphore(MAX_TAKE_OVERS_AT_ONCE);
  private CompletableFuture<OptionalLong> idExpirationMillis = new CompletableFuture<>();

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
    // One for each connection: subtasks, attempts and jobs share the JVM that registers them.
    properties.putIfAbsent(
        CommonClientConfigs.CLIENT_ID_CONFIG, "turnstile-journal-admin-" + UUID.randomUUID());
    KafkaJournal journal;
    try {
      journal = new KafkaJournal(settings, strayLives, Admin.create(properties));
    } catch (KafkaException e) {
      throw KafkaFailures.explain("the journal cannot connect to Kafka", e);
    }
    try {
      // What can be asked already goes out together: while clients are cold, each answer takes
      // long.
      DescribeClusterResult cluster = journal.admin.describeCluster();
      Map<String, KafkaFuture<TopicDescription>> topics =
          journal.admin.describeTopics(settings.topics().verdicts()).topicNameValues();
      journal.checkCluster(cluster);
      journal.describe(lanes, topics);
      return journal;
    } catch (JournalException | InterruptedException | RuntimeException e) {
      journal.close();
      throw e;
    }
  }

  private void checkCluster(DescribeClusterResult cluster)
      throws JournalException, InterruptedException {
    Collection<Node> brokers = get("asking for the brokers", cluster.nodes());
    identity.put("cluster id", get("asking for the cluster's id", cluster.clusterId()));
    idExpirationMillis = KafkaSettings.leastOfBrokers(admin, brokers, ID_EXPIRATION);
    Map<Node, KafkaFuture<FeatureMetadata>> answers = new LinkedHashMap<>();
    for (Node node : brokers) {
      answers.put(
          node,
          admin
              .describeFeatures(new DescribeFeaturesOptions().nodeId(node.id()))
              .featureMetadata());
    }
    for (Node node : brokers) {
      FeatureMetadata features =
          get("asking broker " + node + " for its version", answers.get(node));
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

  private void describe(int lanes, Map<String, KafkaFuture<TopicDescription>> answers)
      throws JournalException, InterruptedException {
    this.lanes = lanes;
    identity.put("lanes", Integer.toString(lanes));
    Map<String, KafkaFuture<Config>> configs = new LinkedHashMap<>();
    for (String topic : settings.topics().verdicts()) {
      TopicDescription description = describe(topic, answers.get(topic));
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
      configs.put(topic, KafkaSettings.ofTopic(admin, topic));
    }
    for (Map.Entry<String, KafkaFuture<Config>> config : configs.entrySet()) {
      String topic = config.getKey();
      Config found = get("reading the settings of topic " + topic, config.getValue());
      maxMessageBytes.put(topic, Integer.parseInt(found.get("max.message.bytes").value()));
    }
  }

  /** A topic created a moment ago, or a broker just started: the news may not have spread yet. */
  private TopicDescription describe(String topic, KafkaFuture<TopicDescription> asked)
      throws JournalException, InterruptedException {
    long giveUpAt = System.nanoTime() + settings.takeOverTimeout().toNanos();
    KafkaFuture<TopicDescription> answer = asked;
    while (true) {
      try {
        return get("describing topic " + topic, answer);
      } catch (JournalException e) {
        if (!(e.getCause() instanceof UnknownTopicOrPartitionException)
            || System.nanoTime() > giveUpAt) {
          throw e;
        }
        Thread.sleep(RETRY_MILLIS);
        answer = admin.describeTopics(List.of(topic)).topicNameValues().get(topic);
      }
    }
  }

  /**
   * How long a lane may be idle before a checkpoint takes it over again: half the brokers' limit,
   * so that the next checkpoint still comes in time.
   *
   * @param idExpirationMillis the limit; not waited for
   */
  static Duration maxIdle(CompletableFuture<OptionalLong> idExpirationMillis) {
    OptionalLong limit = idExpirationMillis.getNow(OptionalLong.empty());
    return limit.isPresent() ? Duration.ofMillis(limit.getAsLong() / 2) : DEFAULT_MAX_IDLE;
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
  public Map<Integer, Generation> owners() throws JournalException, InterruptedException {
    String topic = settings.topics().owners();
    DescribeTopicsOptions withRights =
        new DescribeTopicsOptions().includeAuthorizedOperations(true);
    TopicDescription description =
        describe(
            topic, admin.describeTopics(List.of(topic), withRights).topicNameValues().get(topic));
    // Found out now: after the fencing there would be no owner any more.
    if (description.partitions().size() != lanes) {
      throw new JournalException.Refused(
          "topic "
              + topic
              + " has "
              + description.partitions().size()
              + " partitions and the job "
              + lanes
              + " lanes, which must be the same: delete the topic");
    }
    Set<AclOperation> rights = description.authorizedOperations();
    if (rights != null && !rights.contains(AclOperation.WRITE)) {
      throw new JournalException.Refused(
          "the job's principal may not write to topic "
              + topic
              + ": allow it Read and Write there");
    }
    return KafkaLaneOwners.read(
        "reading topic " + topic,
        () -> OwnersTopic.read(settings.client(), topic, settings.takeOverTimeout()));
  }

  @Override
  public LaneJournal lane(int number, Runnable failed) {
    Supplier<Duration> maxIdle = () -> maxIdle(idExpirationMillis);
    return new KafkaLane(
        settings, strayLives, admin, maxMessageBytes, maxIdle, takeOversAgain, number, failed);
  }

  @Override
  public Map<Integer, LanePosition> follow(Map<Integer, LaneRange> ranges, Follower follower)
      throws JournalException, InterruptedException {
    return new KafkaFollowing(settings, ranges).run(follower);
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
