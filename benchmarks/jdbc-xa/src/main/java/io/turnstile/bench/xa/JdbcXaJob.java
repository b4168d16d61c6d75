package io.turnstile.bench.xa;

import io.turnstile.job.JobConfig;
import io.turnstile.job.JobTopology;
import io.turnstile.job.commit.checkpoint.CheckpointCommit;
import io.turnstile.job.decide.DecisionOperatorFactory;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.read.KafkaSources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.sql.XADataSource;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.connector.jdbc.JdbcExactlyOnceOptions;
import org.apache.flink.connector.jdbc.JdbcExecutionOptions;
import org.apache.flink.connector.jdbc.core.datastream.sink.JdbcSink;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.function.SerializableSupplier;
import org.postgresql.xa.PGXADataSource;

/**
 * Entry point. Takes the options of the job, and writes the same verdicts into the same table, but
 * by the exactly-once sink of flink-connector-jdbc: a prepared transaction for each checkpoint.
 */
public final class JdbcXaJob {

  private static final int BATCH = 500;
  private static final List<String> DATABASE =
      List.of("--journal-store", "--jdbc-url", "--jdbc-user", "--jdbc-password-file");

  private JdbcXaJob() {}

  /**
   * Submits the job.
   *
   * @param args the job's, with {@code --commit checkpoint}
   */
  public static void main(String[] args) throws Exception {
    Map<String, String> database = new HashMap<>();
    List<String> rest = new ArrayList<>();
    for (int i = 0; i < args.length; i++) {
      if (DATABASE.contains(args[i])) {
        database.put(args[i], args[i + 1]);
        i++;
      } else {
        rest.add(args[i]);
      }
    }
    JobConfig config = JobConfig.parse(rest.toArray(String[]::new), Map.of());
    StreamExecutionEnvironment environment = environment(config);
    KafkaSources kafka = new KafkaSources(config.kafka());
    JobTopology.verdicts(
            new JobTopology.Inputs(
                kafka.transactions(environment),
                kafka.inventory(environment),
                kafka.customers(environment),
                kafka.inventoryTopic(),
                kafka.identities(List.of())),
            config.tokens(),
            config.productWait(),
            new DecisionOperatorFactory(
                config.decision(), kafka.customersTopic(), CheckpointCommit::new),
            config.lanes())
        .sinkTo(sink(database))
        .name("commit verdicts")
        .uid("commit")
        .setParallelism(1);
    environment.execute("turnstile");
  }

  private static StreamExecutionEnvironment environment(JobConfig config) {
    Configuration options = new Configuration();
    options.set(PipelineOptions.GENERIC_TYPES, false);
    options.set(PipelineOptions.OBJECT_REUSE, true);
    options.set(PipelineOptions.MAX_PARALLELISM, JobTopology.MAX_PARALLELISM);
    options.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, config.checkpointInterval());
    options.set(
        CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE, CheckpointingMode.EXACTLY_ONCE);
    options.set(CheckpointingOptions.CHECKPOINTING_TIMEOUT, config.checkpointTimeout());
    options.set(CheckpointingOptions.INCREMENTAL_CHECKPOINTS, true);
    options.set(ExecutionOptions.BUFFER_TIMEOUT, Duration.ofMillis(1));
    options.set(StateBackendOptions.STATE_BACKEND, "rocksdb");
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.getExecutionEnvironment(options);
    if (config.parallelism() != null) {
      environment.setParallelism(config.parallelism());
    }
    return environment;
  }

  private static Sink<Verdict> sink(Map<String, String> database) throws IOException {
    String url = database.get("--jdbc-url");
    String user = database.get("--jdbc-user");
    String password = Files.readString(Path.of(database.get("--jdbc-password-file"))).strip();
    SerializableSupplier<XADataSource> connect =
        () -> {
          PGXADataSource source = new PGXADataSource();
          source.setUrl(url);
          source.setUser(user);
          source.setPassword(password);
          return source;
        };
    return JdbcSink.<Verdict>builder()
        .withQueryStatement(VerdictStatement.INSERT, new VerdictStatement())
        // Retries would double what they repeat.
        .withExecutionOptions(
            JdbcExecutionOptions.builder().withMaxRetries(0).withBatchSize(BATCH).build())
        // PostgreSQL cannot prepare one transaction and begin the next on a connection.
        .buildExactlyOnce(
            JdbcExactlyOnceOptions.builder().withTransactionPerConnection(true).build(), connect);
  }
}
