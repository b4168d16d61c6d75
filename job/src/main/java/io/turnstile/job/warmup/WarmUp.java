package io.turnstile.job.warmup;

import com.nimbusds.jose.jwk.JWK;
import io.turnstile.clients.TokenClaims;
import io.turnstile.clients.TokenSigner;
import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.reference.Reference;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.events.Customer;
import io.turnstile.events.Outcome;
import io.turnstile.events.Product;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.events.VerdictCodec;
import io.turnstile.job.JobTopology;
import io.turnstile.job.TurnstileJob;
import io.turnstile.job.commit.checkpoint.CheckpointCommit;
import io.turnstile.job.decide.DecisionOperatorFactory;
import io.turnstile.job.decide.DecisionSettings;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.enrich.WaitSettings;
import io.turnstile.job.read.InputRecord;
import io.turnstile.job.read.ReferenceKind;
import io.turnstile.job.read.ReferenceTopic;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.flink.api.common.JobExecutionResult;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.PipelineOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.RpcOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.configuration.WebOptions;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;

/**
 * Runs the job's operators on made-up records, in a Flink cluster of its own within this process,
 * and lets them fail and restore once: the JVM loads and compiles what the job itself will need.
 * Reads and writes nothing but a directory, and listens at the loopback interface only.
 */
final class WarmUp {

  private static final int TRANSACTIONS = 30_000;

  /** So many products and customers, each of these with a token to verify. */
  private static final int REFERENCES = 500;

  private static final int LANES = 4;
  private static final String LOOPBACK = "127.0.0.1";
  private static final WaitSettings WAITS =
      new WaitSettings(Duration.ofSeconds(1), Duration.ofSeconds(2));

  private WarmUp() {}

  /**
   * Comes to its end within seconds. An interruption ends it sooner.
   *
   * @param directory empty; for a key and for all that the cluster writes
   * @param transactions how many are decided, at most
   * @return its accumulators count the verdicts since the restore, by outcome
   */
  static JobExecutionResult run(Path directory, int transactions) throws Exception {
    JWK key =
        TokenSigner.generateKey(directory.resolve("key.json"), directory.resolve("jwks.json"));
    TokenSigner signer = new TokenSigner(key, Duration.ofHours(1), TokenClaims.NONE);
    Instant now = Instant.now();
    List<String> tokens =
        IntStream.range(0, REFERENCES).mapToObj(i -> signer.sign("customer-" + i, now)).toList();
    Configuration configuration = configuration(directory);
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.createLocalEnvironment(1, configuration);
    JobTopology.verdicts(
            new JobTopology.Inputs(
                environment
                    .fromSequence(0, transactions - 1)
                    .map(new Transactions(tokens, now.toEpochMilli()), InputRecord.TYPE),
                environment.fromData(
                    IntStream.range(0, REFERENCES).mapToObj(WarmUp::product).toList(),
                    ReferenceKind.PRODUCT.type()),
                environment.fromData(
                    IntStream.range(0, REFERENCES).mapToObj(WarmUp::customer).toList(),
                    ReferenceKind.CUSTOMER.type()),
                new Nothing<Product>(),
                () -> Map.of("transactions", "warm-up")),
            new TokenSettings(
                directory.resolve("jwks.json").toString(),
                Set.of("ES256"),
                REFERENCES,
                Duration.ofSeconds(30),
                Duration.ofMinutes(5)),
            WAITS,
            new DecisionOperatorFactory(
                new DecisionSettings(
                    new DedupSettings(
                        Duration.ofHours(1), Duration.ofMinutes(10), Duration.ofHours(1)),
                    false,
                    WAITS,
                    Duration.ofHours(1),
                    false),
                new Nothing<Customer>(),
                CheckpointCommit::new),
            LANES)
        .map(new FailingOnce(), Verdict.TYPE)
        .sinkTo(new DiscardingSink<>());
    // Not by the environment, which does not wait until the cluster has ended.
    MiniClusterConfiguration one =
        new MiniClusterConfiguration.Builder()
            .setConfiguration(configuration)
            .setNumTaskManagers(1)
            .setNumSlotsPerTaskManager(1)
            .build();
    MiniCluster cluster = new MiniCluster(one);
    try {
      cluster.start();
      return cluster.executeJobBlocking(environment.getStreamGraph().getJobGraph());
    } finally {
      cluster.closeAsync().get();
    }
  }

  static void run(Path directory) throws Exception {
    JobExecutionResult unused = run(directory, TRANSACTIONS);
  }

  private static Configuration configuration(Path directory) {
    Configuration configuration = new Configuration();
    configuration.addAll(TurnstileJob.tuning(configuration));
    // Nobody else is to reach it: its REST endpoint would take jobs from whoever does.
    configuration.set(RestOptions.ADDRESS, LOOPBACK);
    configuration.set(RestOptions.BIND_ADDRESS, LOOPBACK);
    configuration.set(RestOptions.BIND_PORT, "0");
    configuration.set(WebOptions.SUBMIT_ENABLE, false);
    configuration.set(WebOptions.CANCEL_ENABLE, false);
    configuration.set(WebOptions.TMP_DIR, directory.toString());
    configuration.set(WebOptions.UPLOAD_DIR, directory.toString());
    configuration.set(JobManagerOptions.ADDRESS, LOOPBACK);
    configuration.set(JobManagerOptions.BIND_HOST, LOOPBACK);
    configuration.set(TaskManagerOptions.HOST, LOOPBACK);
    configuration.set(TaskManagerOptions.BIND_HOST, LOOPBACK);
    // A fault in here is none of the process around it.
    configuration.set(RpcOptions.JVM_EXIT_ON_FATAL_ERROR, false);
    configuration.set(PipelineOptions.OBJECT_REUSE, true);
    configuration.set(CoreOptions.TMP_DIRS, directory.toString());
    configuration.set(TaskManagerOptions.NETWORK_MEMORY_MAX, MemorySize.ofMebiBytes(16));
    configuration.set(TaskManagerOptions.NETWORK_MEMORY_MIN, MemorySize.ofMebiBytes(16));
    configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.ofMebiBytes(32));
    configuration.set(CheckpointingOptions.CHECKPOINTING_INTERVAL, Duration.ofMillis(500));
    configuration.set(
        CheckpointingOptions.CHECKPOINTS_DIRECTORY, directory.resolve("checkpoints").toUri() + "");
    configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
    configuration.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 1);
    configuration.set(
        RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY, Duration.ofMillis(1));
    return configuration;
  }

  private static Reference<Product> product(int i) {
    String id = "product-" + i;
    return new Reference<>(
        id, new Product(id, "A product", "Some", 100, "EUR", 9, 1, 1), 1, 0, i, 1);
  }

  private static Reference<Customer> customer(int i) {
    String id = "customer-" + i;
    return new Reference<>(id, new Customer(id, "A customer", "retail", "DE", 1, 1), 1, 0, i, 1);
  }

  /** Each of another content; now and then one comes again. */
  private record Transactions(List<String> tokens, long now)
      implements MapFunction<Long, InputRecord> {

    @Override
    public InputRecord map(Long place) {
      long number = place % 50 == 49 ? place - 7 : place;
      int customer = (int) (number % tokens.size());
      byte[] value =
          TransactionCodec.encode(
              new Transaction(
                  "transaction-" + number,
                  "customer-" + customer,
                  "product-" + number * 31 % REFERENCES,
                  1,
                  1 + number,
                  "EUR",
                  now,
                  tokens.get(customer)));
      return new InputRecord(new SourcePosition("transactions", 0, place), now, null, value);
    }
  }

  /** Fails once there is something to restore; reads verdicts back, as a take-over does. */
  private static final class FailingOnce extends RichMapFunction<Verdict, Verdict>
      implements CheckpointListener {

    private static final long serialVersionUID = 1L;

    /** Of this process, which warms up once. */
    private static final AtomicBoolean FAILED = new AtomicBoolean();

    private transient boolean due;
    private transient Map<Outcome, LongCounter> verdicts;

    @Override
    public void open(OpenContext context) {
      verdicts = new EnumMap<>(Outcome.class);
      for (Outcome outcome : Outcome.values()) {
        verdicts.put(outcome, getRuntimeContext().getLongCounter(outcome.name()));
      }
    }

    @Override
    public Verdict map(Verdict verdict) throws IOException {
      if (due && FAILED.compareAndSet(false, true)) {
        throw new IOException("the warm-up fails once, on purpose");
      }
      verdicts.get(verdict.outcome()).add(1);
      if (verdict.outcome() == Outcome.ACCEPTED) {
        VerdictCodec.decodeAcceptance(verdict.value());
      }
      return verdict;
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) {
      due = true;
    }
  }

  /** A topic in which nothing is. */
  private record Nothing<T>() implements ReferenceTopic<T> {

    @Override
    public Reader<T> reader() {
      return new Reader<>() {
        @Override
        public Map<Integer, Long> readTo(
            End end,
            Map<Integer, Long> from,
            Predicate<String> wanted,
            Consumer<Reference<T>> records) {
          return Map.of();
        }

        @Override
        public void close() {}
      };
    }
  }
}
