package io.turnstile.clients;

import io.turnstile.events.TopicNames;
import io.turnstile.events.TransactionCodec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * The topics of a deployment with their partitions and settings: creates them, and says how
 * existing ones differ. Thread-safe if the {@link Admin} is.
 */
public final class Topics {

  /**
   * Largest record batch that the transactions topic may admit, in bytes: the largest transaction,
   * and 64 KiB for key and headers. More is not better: a header takes two bytes or more in the log
   * and about 150 in the memory of whoever reads it, so that a record may take 74 times its size.
   */
  public static final int MAX_INPUT_BYTES = TransactionCodec.MAX_VALUE_BYTES + (64 << 10);

  /**
   * Size of a record batch that the dead-letter topic must admit, in bytes: the largest input, and
   * 128 KiB for its headers under longer names and for those of the verdict.
   */
  public static final int MAX_DEAD_LETTER_BYTES = MAX_INPUT_BYTES + (128 << 10);

  private static final TopicSetting BROKER_TIME =
      TopicSetting.exactly("message.timestamp.type", "LogAppendTime");

  private static final int LEADER_ATTEMPTS = 100;
  private static final long LEADER_PAUSE_MILLIS = 100;

  private final TopicNames names;
  private final int inputPartitions;
  private final int lanes;
  private final boolean trustProducerTime;
  private final boolean withVerdicts;
  private final List<String> references;
  private final Map<String, String> inputExtras;
  private final Map<String, String> verdictExtras;

  /**
   * @param inputPartitions partitions of each input topic
   * @param lanes partitions of each verdict topic
   */
  public Topics(TopicNames names, int inputPartitions, int lanes) {
    this(names, inputPartitions, lanes, false, true, List.of(), Map.of(), Map.of());
  }

  private Topics(
      TopicNames names,
      int inputPartitions,
      int lanes,
      boolean trustProducerTime,
      boolean withVerdicts,
      List<String> references,
      Map<String, String> inputExtras,
      Map<String, String> verdictExtras) {
    this.names = names;
    this.inputPartitions = inputPartitions;
    this.lanes = lanes;
    this.trustProducerTime = trustProducerTime;
    this.withVerdicts = withVerdicts;
    this.references = List.copyOf(references);
    this.inputExtras = Map.copyOf(inputExtras);
    this.verdictExtras = Map.copyOf(verdictExtras);
  }

  /** The same topics, whose input records may bear the time that their producer gave them. */
  public Topics trustingProducerTime() {
    return new Topics(
        names, inputPartitions, lanes, true, withVerdicts, references, inputExtras, verdictExtras);
  }

  /** The input topics alone: the verdicts are in a database. */
  public Topics withoutVerdicts() {
    return new Topics(
        names,
        inputPartitions,
        lanes,
        trustProducerTime,
        false,
        references,
        inputExtras,
        verdictExtras);
  }

  /** The same topics, and these of further references. */
  public Topics withReferences(List<String> topics) {
    return new Topics(
        names,
        inputPartitions,
        lanes,
        trustProducerTime,
        withVerdicts,
        topics,
        inputExtras,
        verdictExtras);
  }

  /**
   * The same topics, created with further settings: retention, replicas in sync. What the job needs
   * takes precedence, and existing topics are not judged by them.
   */
  public Topics creatingWith(Map<String, String> inputs, Map<String, String> verdicts) {
    return new Topics(
        names,
        inputPartitions,
        lanes,
        trustProducerTime,
        withVerdicts,
        references,
        inputs,
        verdicts);
  }

  /**
   * Creates the topics that do not exist yet; those that do are left as they are. Returns when the
   * partitions of the new ones can be written to.
   *
   * @param replicationFactor of the topics created; -1 for the broker's default
   * @throws ExecutionException if the cluster refuses
   */
  public void create(Admin admin, short replicationFactor)
      throws ExecutionException, InterruptedException {
    List<NewTopic> topics = new ArrayList<>();
    settings()
        .forEach(
            (name, needed) -> {
              Map<String, String> configs = new HashMap<>(extras(name));
              needed.forEach(setting -> configs.put(setting.name(), setting.value()));
              topics.add(new NewTopic(name, partitions(name), replicationFactor).configs(configs));
            });
    List<TopicPartition> created = new ArrayList<>();
    for (Map.Entry<String, KafkaFuture<Void>> creation :
        admin.createTopics(topics).values().entrySet()) {
      try {
        creation.getValue().get();
        for (int partition = 0; partition < partitions(creation.getKey()); partition++) {
          created.add(new TopicPartition(creation.getKey(), partition));
        }
      } catch (ExecutionException e) {
        if (!(e.getCause() instanceof TopicExistsException)) {
          throw e;
        }
      }
    }
    awaitLeaders(admin, created, new ListOffsetsOptions());
  }

  /**
   * Returns when every partition has a leader that answers, so that it can be written to. A
   * producer that comes earlier may have its first batch refused and its second accepted, and then
   * never gets past the first.
   *
   * @param options say how long one question may take
   * @throws ExecutionException if there is no such partition, or no leader in time
   */
  public static void awaitLeaders(
      Admin admin, Collection<TopicPartition> partitions, ListOffsetsOptions options)
      throws ExecutionException, InterruptedException {
    Map<TopicPartition, OffsetSpec> ends = new HashMap<>();
    partitions.forEach(partition -> ends.put(partition, OffsetSpec.latest()));
    for (int attempt = 1; ; attempt++) {
      try {
        admin.listOffsets(ends, options).all().get();
        return;
      } catch (ExecutionException e) {
        // A broker may not have heard of a new topic at first.
        if (!(e.getCause() instanceof UnknownTopicOrPartitionException)
            || attempt == LEADER_ATTEMPTS) {
          throw e;
        }
      }
      TimeUnit.MILLISECONDS.sleep(LEADER_PAUSE_MILLIS);
    }
  }

  /**
   * Lists the differences between the cluster's topics and what the job needs: one line each,
   * naming topic, setting, both values and the command that mends it; empty if there are none.
   *
   * @throws ExecutionException if the cluster does not answer
   */
  public List<ClusterProblem> problems(Admin admin)
      throws ExecutionException, InterruptedException {
    List<ClusterProblem> problems = new ArrayList<>();
    Map<String, KafkaFuture<TopicDescription>> descriptions =
        admin.describeTopics(settings().keySet()).topicNameValues();
    for (Map.Entry<String, List<TopicSetting>> expected : settings().entrySet()) {
      String name = expected.getKey();
      TopicDescription description = existing(descriptions.get(name));
      if (description == null) {
        problems.add(new ClusterProblem("topic " + name + " does not exist", false));
        continue;
      }
      if (names.verdicts().contains(name) && description.partitions().size() != lanes) {
        problems.add(
            new ClusterProblem(
                "topic %s has %d partitions, not one per lane (%d)"
                    .formatted(name, description.partitions().size(), lanes),
                false));
      }
      Config actual = KafkaSettings.ofTopic(admin, name).get();
      for (TopicSetting setting : expected.getValue()) {
        ConfigEntry entry = actual.get(setting.name());
        setting.problem(name, entry == null ? null : entry.value()).ifPresent(problems::add);
      }
    }
    return problems;
  }

  private int partitions(String name) {
    return names.verdicts().contains(name) ? lanes : inputPartitions;
  }

  private Map<String, String> extras(String name) {
    return names.verdicts().contains(name) ? verdictExtras : inputExtras;
  }

  /** Settings by topic. */
  Map<String, List<TopicSetting>> settings() {
    Map<String, List<TopicSetting>> settings = new LinkedHashMap<>();
    settings.put(
        names.transactions(),
        input(
            "delete",
            TopicSetting.atMost("max.message.bytes", MAX_INPUT_BYTES).asTolerable(),
            // The limit holds for bytes as stored: a batch that unpacks to more than a dead letter
            // can hold must not get in.
            TopicSetting.exactly("compression.type", "uncompressed").asTolerable()));
    settings.put(names.inventory(), input("compact"));
    settings.put(names.customers(), input("compact"));
    references.forEach(topic -> settings.put(topic, input("compact")));
    if (withVerdicts) {
      settings.put(names.accepted(), verdict());
      settings.put(names.rejected(), verdict());
      settings.put(
          names.deadLetter(),
          verdict(TopicSetting.atLeast("max.message.bytes", MAX_DEAD_LETTER_BYTES).asTolerable()));
    }
    return settings;
  }

  private List<TopicSetting> input(String cleanupPolicy, TopicSetting... others) {
    List<TopicSetting> settings = new ArrayList<>();
    settings.add(TopicSetting.exactly("cleanup.policy", cleanupPolicy));
    if (!trustProducerTime) {
      settings.add(BROKER_TIME);
    }
    Collections.addAll(settings, others);
    return settings;
  }

  private static List<TopicSetting> verdict(TopicSetting... others) {
    List<TopicSetting> settings = new ArrayList<>();
    settings.add(TopicSetting.exactly("cleanup.policy", "delete"));
    settings.add(BROKER_TIME);
    settings.add(TopicSetting.exactly("retention.bytes", "-1"));
    Collections.addAll(settings, others);
    return settings;
  }

  private static TopicDescription existing(KafkaFuture<TopicDescription> description)
      throws ExecutionException, InterruptedException {
    try {
      return description.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        return null;
      }
      throw e;
    }
  }
}
