package io.turnstile.job;

import static io.turnstile.job.options.Bounds.require;

import io.turnstile.clients.CarriedFieldOptions;
import io.turnstile.clients.DurationConverter;
import io.turnstile.clients.KafkaOptions;
import io.turnstile.clients.OptionSources;
import io.turnstile.clients.ReferenceOptions;
import io.turnstile.clients.ReferenceSpec;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.events.CarriedFields;
import io.turnstile.events.TopicNames;
import io.turnstile.job.commit.CommitMode;
import io.turnstile.job.commit.journal.JournalSettings;
import io.turnstile.job.commit.journal.JournalStore;
import io.turnstile.job.commit.journal.kafka.KafkaJournalSettings;
import io.turnstile.job.commit.journal.postgresql.PostgresqlJournalSettings;
import io.turnstile.job.decide.DecisionSettings;
import io.turnstile.job.enrich.WaitSettings;
import io.turnstile.job.options.ClientBounds;
import io.turnstile.job.options.CommitOptions;
import io.turnstile.job.options.DecisionOptions;
import io.turnstile.job.options.InvalidConfigException;
import io.turnstile.job.options.TokenOptions;
import io.turnstile.job.read.KafkaSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.CommonClientConfigs;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/**
 * The job's configuration: what {@link OptionSources} finds, else the defaults of the option
 * classes. Immutable once parsed.
 */
@Command(
    name = "turnstile-job",
    description = "Decides each transaction and writes one verdict for it, exactly once.",
    sortOptions = false)
public final class JobConfig {

  /** Flink's limit for the number of key groups. */
  private static final int MAX_LANES = 1 << 15;

  @Mixin private KafkaOptions kafka;

  @Option(names = "--group-id", description = "Consumer group for committed source offsets")
  private String groupId = "turnstile";

  @Option(
      names = "--trust-producer-time",
      fallbackValue = OptionSources.ON,
      description = "Judge by record times that the broker did not set")
  private boolean trustProducerTime;

  @Option(
      names = "--lanes",
      description = "Partitions of each verdict topic; fixed when they are created")
  private int lanes = 4;

  @Option(
      names = "--parallelism",
      description = "At most the number of lanes; default: the cluster's")
  private Integer parallelism;

  @Mixin private TokenOptions tokens;

  @Mixin private DecisionOptions decision;

  @Mixin private ReferenceOptions referenceOptions;

  @Mixin private CarriedFieldOptions carriedOptions;

  @Mixin private CommitOptions commit;

  private final Properties client = new Properties();
  private final Map<String, WaitSettings> referenceWaits = new HashMap<>();
  private List<ReferenceSpec> references;
  private CarriedFields carried;

  private JobConfig() {}

  /**
   * Reads the configuration.
   *
   * @param environment as of {@link System#getenv()}
   * @throws InvalidConfigException if an option is unknown, missing or has a bad value
   */
  public static JobConfig parse(String[] args, Map<String, String> environment)
      throws InvalidConfigException {
    JobConfig config = new JobConfig();
    try {
      CommandLine commandLine = commandLine(config);
      commandLine.parseArgs(
          OptionSources.connect(commandLine, OptionSources.JOB, args, environment));
    } catch (CommandLine.ParameterException e) {
      throw new InvalidConfigException(e.getMessage().lines().findFirst().orElse("bad options"));
    }
    config.readClientProperties();
    config.validate();
    return config;
  }

  /** The options with their descriptions, many lines. */
  public static String usage() {
    return commandLine().getUsageMessage();
  }

  private static CommandLine commandLine(JobConfig config) {
    CommandLine commandLine =
        new CommandLine(config)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .registerConverter(Duration.class, new DurationConverter());
    OptionSources.addFileOption(commandLine);
    return commandLine;
  }

  /** The options alone, for tests. */
  static CommandLine commandLine() {
    return commandLine(new JobConfig());
  }

  /** The options, in the order of the usage. */
  static List<OptionSpec> options() {
    return commandLine().getCommandSpec().options();
  }

  private void validate() throws InvalidConfigException {
    require(lanes >= 1 && lanes <= MAX_LANES, "--lanes must be 1 to " + MAX_LANES);
    require(
        parallelism == null || (parallelism >= 1 && parallelism <= maxParallelism()),
        "--parallelism must be 1 to "
            + maxParallelism()
            + ", the number of lanes but at most "
            + JobTopology.MAX_PARALLELISM);
    tokens.validate();
    decision.validate();
    commit.validate();
    ClientBounds.validate(
        client.stringPropertyNames().stream()
            .collect(Collectors.toMap(name -> name, client::getProperty)),
        commit());
    Set<String> names = new HashSet<>(topics().inputs());
    names.addAll(topics().verdicts());
    require(names.size() == 6, "the six topics must have different names");
    try {
      references = referenceOptions.references(kafka);
      carried = carriedOptions.carriedFields();
    } catch (IllegalArgumentException e) {
      throw new InvalidConfigException(e.getMessage());
    }
    for (ReferenceSpec each : references) {
      referenceWaits.put(each.name(), decision.waits(each));
    }
  }

  private void readClientProperties() throws InvalidConfigException {
    try {
      client.putAll(kafka.clientProperties());
    } catch (IOException | IllegalArgumentException e) {
      throw new InvalidConfigException("--client-properties cannot be read: " + e);
    }
    client.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers());
  }

  /** Properties for every Kafka client, with the bootstrap servers; a copy. Holds secrets. */
  public Properties clientProperties() {
    Properties copy = new Properties();
    copy.putAll(client);
    return copy;
  }

  public String bootstrapServers() {
    return kafka.bootstrapServers();
  }

  public TopicNames topics() {
    return kafka.topics();
  }

  /** Settings for reading from Kafka; they hold secrets. */
  public KafkaSettings kafka() {
    return new KafkaSettings(topics(), client, groupId, trustProducerTime);
  }

  public String groupId() {
    return groupId;
  }

  public boolean trustProducerTime() {
    return trustProducerTime;
  }

  public int lanes() {
    return lanes;
  }

  /** Null for the cluster's default. */
  public Integer parallelism() {
    return parallelism;
  }

  /** The highest parallelism. */
  public int maxParallelism() {
    return Math.min(lanes, JobTopology.MAX_PARALLELISM);
  }

  public TokenSettings tokens() {
    return tokens.settings();
  }

  public WaitSettings productWait() {
    return decision.waits();
  }

  /** Named references, each with its topic. */
  public List<ReferenceSpec> references() {
    return references;
  }

  /** How long a transaction waits for a named reference. */
  public WaitSettings referenceWait(ReferenceSpec reference) {
    return referenceWaits.get(reference.name());
  }

  /** Fields of a transaction that its acceptance repeats. */
  public CarriedFields carried() {
    return carried;
  }

  public DecisionSettings decision() {
    return decision.settings(commit.maxCheckpointAge());
  }

  public CommitMode commit() {
    return commit.mode();
  }

  public Duration checkpointInterval() {
    return commit.checkpointInterval();
  }

  /** Longest time that a checkpoint may take in checkpoint mode. */
  public Duration checkpointTimeout() {
    return commit.checkpointTimeout();
  }

  public Duration transactionTimeout() {
    return commit.transactionTimeout();
  }

  /** Settings of {@code --commit journal}. */
  public JournalSettings journal() {
    return commit.journal();
  }

  /** Where verdicts are with {@code --commit journal}. */
  public JournalStore journalStore() {
    return commit.journalStore();
  }

  /** Whether verdicts go to Kafka's verdict topics. */
  public boolean toVerdictTopics() {
    return commit.toVerdictTopics();
  }

  /** Settings of the journal in PostgreSQL. */
  public PostgresqlJournalSettings postgresqlJournal() {
    return commit.postgresqlJournal();
  }

  /** Settings of the journal in Kafka; hold secrets. */
  public KafkaJournalSettings kafkaJournal() {
    return commit.kafkaJournal(clientProperties(), topics());
  }
}
