package io.turnstile.clients;

import io.turnstile.events.TopicNames;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * The topics of a deployment with their partitions and settings: creates them, and says how
 * existing ones differ. Thread-safe if the {@link Admin} is.
 */
public final class Topics {

  /** Largest record batch that the transactions topic admits, in bytes. */
  public static final int MAX_INPUT_BYTES = 4 << 20;

  /** Largest record batch that the dead-letter topic admits: the largest input and its headers. */
  public static final int MAX_DEAD_LETTER_BYTES = 5 << 20;

  private static final int LEADER_ATTEMPTS = 100;
  private static final long LEADER_PAUSE_MILLIS = 100;

  private final TopicNames names;
  private final int inputPartitions;
  private final int lanes;
  private final boolean trustProducerTime;
  private final Map<String, String> inputExtras;
  private final Map<String, String> verdictExtras;

  /**
   * @param inputPartitions partitions of each input topic
   * @param lanes partitions of each verdict topic
   */
  public Topics(TopicNames names, int inputPartitions, int lanes) {
    this(names, inputPartitions, lanes, false, Map.of(), Map.of());
  }

  private Topics(
      TopicNames names,
      int inputPartitions,
      int lanes,
      boolean trustProducerTime,
      Map<String, String> inputExtras,
      Map<String, String> verdictExtras) {
    this.names = names;
    this.inputPartitions = inputPartitions;
    this.lanes = lanes;
    this.trustProducerTime = trustProducerTime;
    this.inputExtras = Map.copyOf(inputExtras);
    this.verdictExtras = Map.copyOf(verdictExtras);
  }

  /** The same topics, whose input records may bear the time that their producer gave them. */
  public Topics trustingProducerTime() {
    return new Topics(names, inputPartitions, lanes, true, inputExtras, verdictExtras);
  }

  /**
   * The same topics, created with further settings: retention, replicas in sync. What the job needs
   * takes precedence, and existing topics are not judged by them.
   */
  public Topics creatingWith(Map<String, String> inputs, Map<String, String> verdicts) {
    return new Topics(names, inputPartitions, lanes, trustProducerTime, inputs, verdicts);
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
              configs.putAll(needed);
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
   * naming topic, setting and both values; empty if there are none.
   *
   * @throws ExecutionException if the cluster does not answer
   */
  public List<String> problems(Admin admin) throws ExecutionException, InterruptedException {
    List<String> problems = new ArrayList<>();
    Map<String, KafkaFuture<TopicDescription>> descriptions =
        admin.describeTopics(settings().keySet()).topicNameValues();
    for (Map.Entry<String, Map<String, String>> expected : settings().entrySet()) {
      String name = expected.getKey();
      TopicDescription description = existing(descriptions.get(name));
      if (description == null) {
        problems.add("topic " + name + " does not exist");
        continue;
      }
      if (names.verdicts().contains(name) && description.partitions().size() != lanes) {
        problems.add(
            "topic %s has %d partitions, not one per lane (%d)"
                .formatted(name, description.partitions().size(), lanes));
      }
      ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, name);
      Config actual = admin.describeConfigs(List.of(resource)).all().get().get(resource);
      expected
          .getValue()
          .forEach(
              (setting, value) -> {
                String is = actual.get(setting) == null ? null : actual.get(setting).value();
                if (!suits(setting, value, is)) {
                  problems.add("topic %s has %s=%s, not %s".formatted(name, setting, is, value));
                }
              });
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
  private Map<String, Map<String, String>> settings() {
    Map<String, Map<String, String>> settings = new LinkedHashMap<>();
    settings.put(
        names.transactions(),
        settings(
            "delete",
            "max.message.bytes",
            Integer.toString(MAX_INPUT_BYTES),
            // The limit holds for bytes as stored: a batch that unpacks to more than a dead letter
            // can hold must not get in.
            "compression.type",
            "uncompressed"));
    settings.put(names.inventory(), settings("compact"));
    settings.put(names.customers(), settings("compact"));
    settings.put(names.accepted(), settings("delete", "retention.bytes", "-1"));
    settings.put(names.rejected(), settings("delete", "retention.bytes", "-1"));
    settings.put(
        names.deadLetter(),
        settings(
            "delete",
            "retention.bytes",
            "-1",
            "max.message.bytes",
            Integer.toString(MAX_DEAD_LETTER_BYTES)));
    if (trustProducerTime) {
      names.inputs().forEach(input -> settings.get(input).remove("message.timestamp.type"));
    }
    return settings;
  }

  private static Map<String, String> settings(String cleanupPolicy, String... others) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("cleanup.policy", cleanupPolicy);
    settings.put("message.timestamp.type", "LogAppendTime");
    for (int i = 0; i < others.length; i += 2) {
      settings.put(others[i], others[i + 1]);
    }
    return settings;
  }

  private static boolean suits(String setting, String needed, String actual) {
    if (setting.equals("max.message.bytes") && actual != null) {
      return Long.parseLong(actual) >= Long.parseLong(needed);
    }
    return needed.equals(actual);
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
