package io.turnstile.job;

import io.turnstile.clients.ReferenceSpec;
import io.turnstile.clients.ReferenceSpec.KeyedBy;
import io.turnstile.job.commit.CommitMode;
import io.turnstile.job.commit.checkpoint.CheckpointCommit;
import io.turnstile.job.commit.checkpoint.KafkaVerdictSink;
import io.turnstile.job.commit.journal.Journal;
import io.turnstile.job.commit.journal.JournalCommit;
import io.turnstile.job.commit.journal.kafka.KafkaJournal;
import io.turnstile.job.commit.journal.kafka.KafkaJournalSettings;
import io.turnstile.job.commit.journal.postgresql.PostgresqlJournal;
import io.turnstile.job.commit.journal.postgresql.PostgresqlJournalSettings;
import io.turnstile.job.decide.CommitStrategy;
import io.turnstile.job.decide.DecisionOperatorFactory;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.enrich.ReferenceSettings;
import io.turnstile.job.options.InvalidConfigException;
import io.turnstile.job.read.Inputs;
import io.turnstile.job.read.KafkaSources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.client.program.ProgramParametrizationException;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.ReadableConfig;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.state.rocksdb.RocksDBConfigurableOptions;
import org.apache.flink.state.rocksdb.RocksDBOptions;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.rocksdb.CompactionStyle;
import org.rocksdb.CompressionType;

/** Entry point: {@code flink run turnstile-job.jar --bootstrap-servers … --jwks …}. */
public final class TurnstileJob {

  private static final int WRONG_USAGE = 2;
  private static final MemorySize WRITE_BUFFER = MemorySize.ofMebiBytes(4);

  /** Ids and hashes shrink by a fifth, for most of the time that writing and merging them takes. */
  private static final List<CompressionType> UNCOMPRESSED = List.of(CompressionType.NO_COMPRESSION);

  private TurnstileJob() {}

  /**
   * Checks what can be checked, and submits the job.
   *
   * @param args see {@link JobConfig}
   */
  public static void main(String[] args) throws Exception {
    if (List.of(args).contains("--help")) {
      System.out.print(JobConfig.usage());
      return;
    }
    StreamExecutionEnvironment environment;
    try {
      JobConfig config = JobConfig.parse(args, System.getenv());
      environment = environment(config);
      SubmissionChecks.run(config, environment.getConfiguration());
      wire(environment, config);
    } catch (InvalidConfigException e) {
      refuse(e);
      return;
    }
    environment.execute("turnstile");
  }

  private static StreamExecutionEnvironment environment(JobConfig config)
      throws InvalidConfigException {
    Configuration options = new Configuration();
    options.set(PipelineOptions.GENERIC_TYPES, false);
    options.set(PipelineOptions.AUTO_GENERATE_UIDS, false);
    options.set(PipelineOptions.OBJECT_REUSE, true);
    options.set(PipelineOptions.MAX_PARALLELISM, JobTopology.MAX_PARALLELISM);
    options.set(ExecutionOptions.RUNTIME_MODE, RuntimeExecutionMode.STREAMING);
    options.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, config.checkpointInterval());
    options.set(
        CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE, CheckpointingMode.EXACTLY_ONCE);
    if (config.commit() == CommitMode.CHECKPOINT) {
      options.set(CheckpointingOptions.CHECKPOINTING_TIMEOUT, config.checkpointTimeout());
      // Transactions stay open over a checkpoint that fails, and time out.
      options.set(CheckpointingOptions.TOLERABLE_FAILURE_NUMBER, 0);
    }
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(options);
    environment.configure(tuning(environment.getConfiguration()));
    if (config.parallelism() != null) {
      environment.setParallelism(config.parallelism());
    }
    if (environment.getParallelism() > config.maxParallelism()) {
      throw new InvalidConfigException(
          "the parallelism, "
              + environment.getParallelism()
              + ", is above the number of lanes, "
              + config.lanes()
              + ": a lane has one owner; give --parallelism");
    }
    return environment;
  }

  /**
   * The best settings for the job, except those that the cluster's configuration gives, by any
   * name.
   */
  public static Configuration tuning(ReadableConfig configured) {
    Configuration tuning = new Configuration();
    // Flink's 100 ms would be most of the latency; 0 would send every record by itself.
    unlessGiven(configured, tuning, ExecutionOptions.BUFFER_TIMEOUT, Duration.ofMillis(1));
    unlessGiven(configured, tuning, StateBackendOptions.STATE_BACKEND, "rocksdb");
    // Most look-ups of dedup find nothing: the filter answers them without reading.
    unlessGiven(configured, tuning, RocksDBConfigurableOptions.USE_BLOOM_FILTER, true);
    unlessGiven(configured, tuning, RocksDBOptions.OPTIONS_FACTORY, RocksDbTuning.class.getName());
    if (configured.getOptional(RocksDBOptions.PREDEFINED_OPTIONS).isEmpty()) {
      tuneFiles(configured, tuning);
    }
    unlessGiven(configured, tuning, CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
    unlessGiven(
        configured,
        tuning,
        CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION,
        ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
    return tuning;
  }

  /**
   * A checkpoint holds the stream up until the memtables are written: there must not be much in
   * them. Levelled compaction would merge each of the many small files with most of the others.
   */
  private static void tuneFiles(ReadableConfig configured, Configuration tuning) {
    unlessGiven(configured, tuning, RocksDBConfigurableOptions.WRITE_BUFFER_SIZE, WRITE_BUFFER);
    unlessGiven(
        configured, tuning, RocksDBConfigurableOptions.COMPACTION_STYLE, CompactionStyle.UNIVERSAL);
    unlessGiven(configured, tuning, RocksDBConfigurableOptions.COMPRESSION_PER_LEVEL, UNCOMPRESSED);
  }

  private static <T> void unlessGiven(
      ReadableConfig configured, Configuration tuning, ConfigOption<T> option, T value) {
    if (configured.getOptional(option).isEmpty()) {
      tuning.set(option, value);
    }
  }

  private static void wire(StreamExecutionEnvironment environment, JobConfig config) {
    KafkaSources kafka = new KafkaSources(config.kafka());
    boolean journal = config.commit() == CommitMode.JOURNAL;
    List<JobTopology.Named> references = new ArrayList<>();
    for (ReferenceSpec each : config.references()) {
      references.add(
          new JobTopology.Named(
              new ReferenceSettings(each, config.referenceWait(each), kafka.referenceTopic(each)),
              kafka.reference(environment, each)));
    }
    SingleOutputStreamOperator<Verdict> verdicts =
        JobTopology.verdicts(
            new JobTopology.Inputs(
                kafka.transactions(environment),
                kafka.inventory(environment),
                kafka.customers(environment),
                kafka.inventoryTopic(),
                kafka.identities(config.references()),
                references,
                config.carried()),
            config.tokens(),
            config.productWait(),
            new DecisionOperatorFactory(
                config.decision(),
                kafka.customersTopic(),
                references.stream()
                    .map(JobTopology.Named::settings)
                    .filter(each -> each.spec().keyedBy() == KeyedBy.CUSTOMER)
                    .toList(),
                journal ? journal(config, kafka.inputs()) : CheckpointCommit::new),
            config.lanes());
    // With a journal the decision operator has committed them itself: it ends the stream.
    verdicts
        .sinkTo(
            journal
                ? new DiscardingSink<>()
                : KafkaVerdictSink.create(
                    config.topics(), config.clientProperties(), config.transactionTimeout()))
        .name(journal ? "end" : "commit verdicts")
        .uid(journal ? "end" : "commit")
        .setMaxParallelism(config.lanes());
  }

  private static CommitStrategy.Factory journal(JobConfig config, Inputs inputs) {
    return JournalCommit.factory(
        config.journal(),
        switch (config.journalStore()) {
          case KAFKA -> kafka(config.kafkaJournal());
          case POSTGRESQL -> postgresql(config.postgresqlJournal(), inputs);
        });
  }

  private static Journal.Connector kafka(KafkaJournalSettings settings) {
    return (lanes, metrics) -> KafkaJournal.connect(settings, lanes);
  }

  private static Journal.Connector postgresql(PostgresqlJournalSettings settings, Inputs inputs) {
    Inputs ofRefused = settings.deadLetterRefused() ? inputs : null;
    return (lanes, metrics) -> PostgresqlJournal.connect(settings, lanes, metrics, ofRefused);
  }

  /**
   * Says one line and exits with 2 where this process is the client's own; elsewhere (a JobManager
   * that runs main for its web API) the exception carries the line, and the process lives on.
   */
  private static void refuse(InvalidConfigException problem) {
    boolean commandLine =
        StackWalker.getInstance()
            .walk(
                frames ->
                    frames.anyMatch(
                        frame -> frame.getClassName().endsWith(".client.cli.CliFrontend")));
    if (commandLine) {
      System.err.println("turnstile: " + problem.getMessage());
      System.exit(WRONG_USAGE);
    }
    throw new ProgramParametrizationException(problem.getMessage());
  }
}
