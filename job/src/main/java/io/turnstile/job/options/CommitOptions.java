package io.turnstile.job.options;

import static io.turnstile.job.options.Bounds.require;
import static io.turnstile.job.options.Bounds.requirePositive;

import io.turnstile.events.TopicNames;
import io.turnstile.job.commit.CommitMode;
import io.turnstile.job.commit.journal.JournalSettings;
import io.turnstile.job.commit.journal.JournalStore;
import io.turnstile.job.commit.journal.kafka.KafkaJournalSettings;
import io.turnstile.job.commit.journal.kafka.StartOffsets;
import io.turnstile.job.commit.journal.postgresql.PostgresqlJournalSettings;
import java.time.Duration;
import java.util.Properties;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Options that decide when verdicts become visible. */
public final class CommitOptions {

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
      converter = StartOffsetsConverter.class,
      description =
          "Journal: TOPIC/PARTITION=OFFSET,… where to begin to read the verdict topics without a"
              + " checkpoint; what lies before is taken for known")
  private StartOffsets journalStartOffsets;

  @Option(
      names = "--journal-store",
      description = "kafka or postgresql: where the journal's verdicts are, and their readers read")
  private JournalStore journalStore = JournalStore.KAFKA;

  @Option(
      names = "--generation",
      description =
          "Journal: number of this job among those that take over from one another; above that of"
              + " the one before, which then stops for good (./turnstile upgrade). Default: none")
  private Long generation;

  @Mixin private JdbcOptions jdbc;

  /** Flink's limit. */
  private static final Duration MIN_CHECKPOINT_INTERVAL = Duration.ofMillis(10);

  private static final class StartOffsetsConverter implements ITypeConverter<StartOffsets> {
    @Override
    public StartOffsets convert(String text) {
      try {
        return StartOffsets.parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  /**
   * Checks the bounds.
   *
   * @throws InvalidConfigException if a value is outside of them
   */
  public void validate() throws InvalidConfigException {
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
    if (generation != null) {
      require(generation >= 1, "--generation must be at least 1");
      require(
          commit == CommitMode.JOURNAL && journalStore == JournalStore.KAFKA,
          "--generation needs --commit journal and --journal-store kafka");
    }
    if (journalStore == JournalStore.POSTGRESQL) {
      require(commit == CommitMode.JOURNAL, "--journal-store postgresql needs --commit journal");
      require(
          journalStartOffsets == null,
          "--journal-start-offsets is for --journal-store kafka: a table begins at its first row");
      jdbc.validate();
    }
  }

  public CommitMode mode() {
    return commit;
  }

  /** Where verdicts are with {@code --commit journal}. */
  public JournalStore journalStore() {
    return journalStore;
  }

  /** Whether verdicts go to Kafka's verdict topics. */
  public boolean toVerdictTopics() {
    return commit == CommitMode.CHECKPOINT || journalStore == JournalStore.KAFKA;
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

  /** Longest time that a checkpoint may take in checkpoint mode. */
  public Duration checkpointTimeout() {
    return transactionTimeout().dividedBy(8);
  }

  /**
   * Greatest age of a checkpoint that may be restored; null if the commit mode sets no limit.
   *
   * <p>In checkpoint mode a checkpoint holds transactions that are still to be committed: once the
   * broker has timed them out, their verdicts are lost. Such a transaction is open since the
   * checkpoint before: an interval and two checkpoint timeouts, three eighths of its own timeout,
   * and the checkpoint's age may come on top.
   */
  public Duration maxCheckpointAge() {
    return commit == CommitMode.CHECKPOINT ? transactionTimeout().dividedBy(2) : null;
  }

  /** Settings of {@code --commit journal}. */
  public JournalSettings journal() {
    return new JournalSettings(
        commitInterval,
        maxCommitInterval,
        commitsPerSecond,
        JournalSettings.MAX_HELD_BYTES,
        generation);
  }

  /** Settings of the journal in PostgreSQL. */
  public PostgresqlJournalSettings postgresqlJournal() {
    return jdbc.settings();
  }

  /**
   * Settings of the journal in Kafka.
   *
   * @param client properties for every Kafka client, the bootstrap servers among them
   */
  public KafkaJournalSettings kafkaJournal(Properties client, TopicNames topics) {
    return new KafkaJournalSettings(
        client,
        topics,
        transactionTimeout(),
        KafkaJournalSettings.TAKE_OVER_TIMEOUT,
        journalStartOffsets);
  }
}
