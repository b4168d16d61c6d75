package io.turnstile.job;

import io.turnstile.clients.ClientProperties;
import io.turnstile.clients.DurationConverter;
import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.token.ExpectedClaims;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.events.TopicNames;
import io.turnstile.job.commit.CommitMode;
import io.turnstile.job.commit.journal.JournalSettings;
import io.turnstile.job.commit.journal.kafka.KafkaJournalSettings;
import io.turnstile.job.commit.journal.kafka.StartOffsets;
import io.turnstile.job.decide.DecisionSettings;
import io.turnstile.job.enrich.WaitSettings;
import io.turnstile.job.read.KafkaSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.CommonClientConfigs;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;

/**
 * The job's configuration: arguments {@code --name value}, else environment variables {@code
 * TURNSTILE_NAME}, else the defaults below. Durations are written {@code 500ms}, {@code 30s},
 * {@code 10min}, {@code 1h}. Immutable once parsed.
 */
@Command(
    name = "turnstile-job",
    description = "Decides each transaction and writes one verdict for it, exactly once.",
    sortOptions = false)
public final class JobConfig {

  /** A configuration that cannot be used; the message is one line for a person. */
  public static final class InvalidConfigException extends Exception {
    InvalidConfigException(String message) {
      super(message);
    }
  }

  /** Flink's limit for the number of key groups. */
  private static final int MAX_LANES = 1 << 15;

  /** What reading a topic to its end may take. */
  private static final Duration MIN_GRACE = Duration.ofSeconds(1);

  /** Flink's limit. */
  private static final Duration MIN_CHECKPOINT_INTERVAL = Duration.ofMillis(10);

  @Option(names = "--bootstrap-servers", required = true, description = "Kafka, HOST:PORT,…")
  private String bootstrapServers;

  @Option(
      names = "--client-properties",
      description = "File of Kafka client properties (security), for all clients of the job")
  private Path clientProperties;

  @Option(names = "--topic-prefix", description = "Goes before every default topic name")
  private String topicPrefix = "";

  @Option(names = "--topic-transactions", description = "Default: transactions")
  private String topicTransactions;

  @Option(names = "--topic-inventory", description = "Default: inventory")
  private String topicInventory;

  @Option(names = "--topic-customers", description = "Default: customers")
  private String topicCustomers;

  @Option(names = "--topic-accepted", description = "Default: verdicts.accepted")
  private String topicAccepted;

  @Option(names = "--topic-rejected", description = "Default: verdicts.rejected")
  private String topicRejected;

  @Option(names = "--topic-dead-letter", description = "Default: verdicts.dead-letter")
  private String topicDeadLetter;

  @Option(names = "--group-id", description = "Consumer group for committed source offsets")
  private String groupId = "turnstile";

  @Option(
      names = "--lanes",
      description = "Partitions of each verdict topic; fixed when they are created")
  private int lanes = 4;

  @Option(
      names = "--parallelism",
      description = "At most the number of lanes; default: the cluster's")
  private Integer parallelism;

  @Option(names = "--jwks", required = true, description = "Token keys: a file or an https URL")
  private String jwks;

  @Option(
      names = "--token-algorithms",
      split = ",",
      description = "Signature algorithms that are allowed")
  private List<String> tokenAlgorithms = List.of("ES256");

  @Option(names = "--token-issuer", description = "What a token's iss must be; default: anything")
  private String tokenIssuer;

  @Option(
      names = "--token-audience",
      split = ",",
      description = "A,…: one of them must be in a token's aud; default: anything")
  private List<String> tokenAudience = List.of();

  @Option(
      names = "--token-type",
      description = "What typ in a token's header must be, such as at+jwt; default: anything")
  private String tokenType;

  @Option(names = "--token-cache-size", description = "Verified tokens kept, per subtask")
  private int tokenCacheSize = 100_000;

  @Option(names = "--clock-skew", description = "Grace for a token's exp and nbf")
  private Duration clockSkew = Duration.ofSeconds(30);

  @Option(names = "--key-refresh", description = "How often the token keys are read again")
  private Duration keyRefresh = Duration.ofMinutes(5);

  @Option(names = "--jwks-connect-timeout", description = "For connecting to the key server")
  private Duration jwksConnectTimeout = TokenSettings.CONNECT_TIMEOUT;

  @Option(names = "--jwks-read-timeout", description = "For the key server's answer")
  private Duration jwksReadTimeout = TokenSettings.READ_TIMEOUT;

  @Option(names = "--dedup-window", description = "An id is accepted once within it")
  private Duration dedupWindow = Duration.ofHours(1);

  @Option(
      names = "--content-dedup",
      description = "on or off: whether the same content under another id is a duplicate")
  private Switch contentDedup = Switch.ON;

  @Option(names = "--content-window", description = "A content is accepted once within it")
  private Duration contentWindow = Duration.ofMinutes(10);

  @Option(
      names = "--product-wait",
      description = "How long a transaction waits for an unknown product (or customer)")
  private Duration productWait = Duration.ofSeconds(5);

  @Option(
      names = "--max-wait",
      description =
          "How long it may wait when the reference topic cannot be read; longer than --product-wait")
  private Duration maxWait = Duration.ofMinutes(1);

  @Option(
      names = "--customers",
      description = "optional or required: whether an unknown customer is turned away")
  private Presence customers = Presence.OPTIONAL;

  @Option(names = "--max-outage", description = "Longest stop that dedup survives")
  private Duration maxOutage = Duration.ofHours(1);

  @Option(
      names = "--allow-stale-checkpoint",
      description = "Restore a checkpoint that is older than that, at your own risk")
  private boolean allowStaleCheckpoint;

  @Option(
      names = "--trust-producer-time",
      description = "Judge by record times that the broker did not set")
  private boolean trustProducerTime;

  @Option(names = "--commit", description = "checkpoint or journal: when verdicts become visible")
  private CommitMode commit = CommitMode.JOURNAL;

  @Option(
      names = "--checkpoint-interval",
      description = "Default: 50ms with --commit checkpoint, 30s with --commit journal")
  private Duration checkpointInterval;

  @Option(
      names = "--transaction-timeout",
      description = "Of Kafka transactions; default: 15min with checkpoint, 1min with journal")
  private Duration transactionTimeout;

  @Option(names = "--commit-interval", description = "Journal: time between two commits of a lane")
  private Duration commitInterval = Duration.ofMillis(10);

  @Option(
      names = "--max-commit-interval",
      description = "Journal: the same under backlog, where fewer commits move more verdicts")
  private Duration maxCommitInterval = Duration.ofMillis(100);

  @Option(
      names = "--commits-per-second",
      description = "Journal: budget of a subtask; many lanes stretch the interval")
  private int commitsPerSecond = 200;

  @Option(
      names = "--journal-start-offsets",
      description =
          "Journal: TOPIC/PARTITION=OFFSET,… where to begin to read the verdict topics without a"
              + " checkpoint; what lies before is taken for known")
  private StartOffsets journalStartOffsets;

  private enum Switch {
    ON,
    OFF
  }

  private enum Presence {
    OPTIONAL,
    REQUIRED
  }

  private final Properties client = new Properties();

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
      commandLine(config, environment).parseArgs(args);
    } catch (CommandLine.ParameterException e) {
      throw new InvalidConfigException(e.getMessage().lines().findFirst().orElse("bad options"));
    }
    config.validate();
    config.readClientProperties();
    return config;
  }

  /** The options with their descriptions, many lines. */
  public static String usage() {
    return commandLine(new JobConfig(), Map.of()).getUsageMessage();
  }

  private static CommandLine commandLine(JobConfig config, Map<String, String> environment) {
    return new CommandLine(config)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .registerConverter(Duration.class, new DurationConverter())
        .registerConverter(StartOffsets.class, JobConfig::startOffsets)
        .setDefaultValueProvider(option -> fromEnvironment(option, environment));
  }

  /** Null if it is not set: picocli then keeps the initial value of the field. */
  private static String fromEnvironment(ArgSpec option, Map<String, String> environment) {
    String name = ((OptionSpec) option).longestName();
    return environment.get(
        name.replaceFirst("--", "TURNSTILE_").replace('-', '_').toUpperCase(Locale.ROOT));
  }

  private static StartOffsets startOffsets(String text) {
    try {
      return StartOffsets.parse(text);
    } catch (IllegalArgumentException e) {
      throw new CommandLine.TypeConversionException(e.getMessage());
    }
  }

  private void validate() throws InvalidConfigException {
    require(lanes >= 1 && lanes <= MAX_LANES, "--lanes must be 1 to " + MAX_LANES);
    require(
        parallelism == null || (parallelism >= 1 && parallelism <= maxParallelism()),
        "--parallelism must be 1 to "
            + maxParallelism()
            + ", the number of lanes but at most "
            + JobTopology.MAX_PARALLELISM);
    require(tokenCacheSize >= 0, "--token-cache-size must not be negative");
    require(!tokenAlgorithms.isEmpty(), "--token-algorithms must name at least one");
    requireText(tokenIssuer, "--token-issuer");
    requireText(tokenType, "--token-type");
    for (String audience : tokenAudience) {
      requireText(audience, "--token-audience");
    }
    require(!clockSkew.isNegative(), "--clock-skew must not be negative");
    requirePositive(keyRefresh, "--key-refresh");
    requirePositive(jwksConnectTimeout, "--jwks-connect-timeout");
    requirePositive(jwksReadTimeout, "--jwks-read-timeout");
    requirePositive(dedupWindow, "--dedup-window");
    requirePositive(contentWindow, "--content-window");
    require(!productWait.isNegative(), "--product-wait must not be negative");
    require(
        maxWait.compareTo(productWait.plus(MIN_GRACE)) >= 0,
        "--max-wait must be at least a second longer than --product-wait");
    requirePositive(maxOutage, "--max-outage");
    require(
        checkpointInterval().compareTo(MIN_CHECKPOINT_INTERVAL) >= 0,
        "--checkpoint-interval must be at least " + MIN_CHECKPOINT_INTERVAL.toMillis() + "ms");
    requirePositive(transactionTimeout(), "--transaction-timeout");
    require(
        transactionTimeout().toMillis() <= Integer.MAX_VALUE,
        "--transaction-timeout must be below " + Integer.MAX_VALUE + "ms");
    require(
        commit == CommitMode.JOURNAL || checkpointInterval().compareTo(checkpointTimeout()) <= 0,
        "--checkpoint-interval must be at most an eighth of --transaction-timeout: verdicts wait for"
            + " checkpoints in transactions");
    requirePositive(commitInterval, "--commit-interval");
    require(
        maxCommitInterval.compareTo(commitInterval) >= 0,
        "--max-commit-interval must not be below --commit-interval");
    require(commitsPerSecond >= 1, "--commits-per-second must be at least 1");
    Set<String> names = new HashSet<>(topics().inputs());
    names.addAll(topics().verdicts());
    require(names.size() == 6, "the six topics must have different names");
  }

  private void readClientProperties() throws InvalidConfigException {
    if (clientProperties != null) {
      try {
        client.putAll(ClientProperties.read(clientProperties));
      } catch (IOException | IllegalArgumentException e) {
        throw new InvalidConfigException(
            "--client-properties " + clientProperties + " cannot be read: " + e);
      }
    }
    client.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
  }

  private static void requirePositive(Duration duration, String option)
      throws InvalidConfigException {
    require(duration.toMillis() > 0, option + " must be at least a millisecond");
  }

  private static void requireText(String text, String option) throws InvalidConfigException {
    require(text == null || !text.isBlank(), option + " must not be blank");
  }

  private static void require(boolean condition, String message) throws InvalidConfigException {
    if (!condition) {
      throw new InvalidConfigException(message);
    }
  }

  /** Properties for every Kafka client, with the bootstrap servers; a copy. Holds secrets. */
  public Properties clientProperties() {
    Properties copy = new Properties();
    copy.putAll(client);
    return copy;
  }

  public String bootstrapServers() {
    return bootstrapServers;
  }

  public TopicNames topics() {
    TopicNames defaults = TopicNames.withPrefix(topicPrefix);
    return new TopicNames(
        or(topicTransactions, defaults.transactions()),
        or(topicInventory, defaults.inventory()),
        or(topicCustomers, defaults.customers()),
        or(topicAccepted, defaults.accepted()),
        or(topicRejected, defaults.rejected()),
        or(topicDeadLetter, defaults.deadLetter()));
  }

  /** How the job reads from Kafka; holds secrets. */
  public KafkaSettings kafka() {
    return new KafkaSettings(topics(), client, groupId, trustProducerTime);
  }

  public String groupId() {
    return groupId;
  }

  public int lanes() {
    return lanes;
  }

  /** Null for the cluster's default. */
  public Integer parallelism() {
    return parallelism;
  }

  public TokenSettings tokens() {
    return new TokenSettings(
        jwks,
        Set.copyOf(tokenAlgorithms),
        tokenCacheSize,
        clockSkew,
        keyRefresh,
        new ExpectedClaims(tokenIssuer, Set.copyOf(tokenAudience), tokenType),
        jwksConnectTimeout,
        jwksReadTimeout);
  }

  public WaitSettings productWait() {
    return new WaitSettings(productWait, maxWait);
  }

  public DecisionSettings decision() {
    Duration content = contentDedup == Switch.ON ? contentWindow : null;
    return new DecisionSettings(
        new DedupSettings(dedupWindow, content, maxOutage),
        customers == Presence.REQUIRED,
        productWait(),
        maxCheckpointAge(),
        allowStaleCheckpoint);
  }

  /**
   * In checkpoint mode a checkpoint holds transactions that are still to be committed: once the
   * broker has timed them out, their verdicts are lost. Such a transaction is open since the
   * checkpoint before: an interval and two checkpoint timeouts, three eighths of its own timeout,
   * and the checkpoint's age may come on top.
   */
  private Duration maxCheckpointAge() {
    Duration untilTimeout = transactionTimeout().dividedBy(2);
    boolean timesOutFirst =
        commit == CommitMode.CHECKPOINT && untilTimeout.compareTo(maxOutage) < 0;
    return timesOutFirst ? untilTimeout : maxOutage;
  }

  /** How long a checkpoint may take in checkpoint mode. */
  public Duration checkpointTimeout() {
    return transactionTimeout().dividedBy(8);
  }

  /** The highest parallelism. */
  public int maxParallelism() {
    return Math.min(lanes, JobTopology.MAX_PARALLELISM);
  }

  public boolean trustProducerTime() {
    return trustProducerTime;
  }

  public CommitMode commit() {
    return commit;
  }

  public Duration checkpointInterval() {
    if (checkpointInterval != null) {
      return checkpointInterval;
    }
    return commit == CommitMode.CHECKPOINT ? Duration.ofMillis(50) : Duration.ofSeconds(30);
  }

  public Duration transactionTimeout() {
    if (transactionTimeout != null) {
      return transactionTimeout;
    }
    return commit == CommitMode.CHECKPOINT ? Duration.ofMinutes(15) : Duration.ofMinutes(1);
  }

  /** Settings of {@code --commit journal}. */
  public JournalSettings journal() {
    return new JournalSettings(
        commitInterval, maxCommitInterval, commitsPerSecond, JournalSettings.MAX_HELD_BYTES);
  }

  /** Settings of the journal in Kafka; hold secrets. */
  public KafkaJournalSettings kafkaJournal() {
    return new KafkaJournalSettings(
        clientProperties(),
        topics(),
        transactionTimeout(),
        KafkaJournalSettings.TAKE_OVER_TIMEOUT,
        journalStartOffsets);
  }

  private static String or(String given, String otherwise) {
    return given != null ? given : otherwise;
  }
}
