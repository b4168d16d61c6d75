package io.turnstile.bench.peers;

import static org.apache.kafka.streams.StreamsConfig.mainConsumerPrefix;
import static org.apache.kafka.streams.StreamsConfig.producerPrefix;

import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.token.TokenSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;
import org.rocksdb.WriteBufferManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import redis.clients.jedis.Jedis;

/** The peer <em>kafka-streams</em>: Turnstile's decisions on Kafka Streams. */
@Command(
    name = "kafka-streams",
    description = "Decides each transaction, with Kafka Streams and its exactly_once_v2.")
public final class StreamsPeer implements Callable<Integer> {

  private static final Logger LOG = LoggerFactory.getLogger(StreamsPeer.class);

  @Mixin private PeerOptions options;

  @Option(names = "--jwks", required = true, description = "Token keys: a file or an https URL")
  private String jwks;

  @Option(names = "--state-dir", description = "Kept over restarts; default: in java.io.tmpdir")
  private Path stateDirectory = Path.of(System.getProperty("java.io.tmpdir"), "kafka-streams");

  @Option(
      names = "--instance",
      description = "Its name; of several, each has its own, and its own --state-dir")
  private String instance = "peer";

  @Option(names = "--standbys", description = "Copies of each store that other instances keep")
  private int standbys;

  @Option(
      names = "--transactional-stores",
      arity = "1",
      description = "Transactional state stores, which a crash does not discard")
  private boolean transactionalStores;

  @Option(names = "--session-timeout", description = "Milliseconds until a dead one is given up")
  private int sessionTimeoutMillis = 10_000;

  @Option(
      names = "--transaction-timeout",
      description = "Milliseconds until the broker aborts the transaction of a dead one")
  private int transactionTimeoutMillis = 60_000;

  @Option(names = "--state-memory", description = "MiB of RocksDB for blocks and memtables")
  private int stateMemory = 1000;

  @Option(
      names = "--redis-port",
      description = "Remembers what is accepted in the Redis there, not in its own stores")
  private Integer redisPort;

  public static void main(String[] args) {
    System.exit(new CommandLine(new StreamsPeer()).execute(args));
  }

  @Override
  public Integer call() throws InterruptedException {
    KafkaStreams streams = new KafkaStreams(topology(), new StreamsConfig(settings()));
    CountDownLatch ended = new CountDownLatch(1);
    streams.setUncaughtExceptionHandler(
        failure -> {
          LOG.error("Giving up", failure);
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    streams.setStateListener(
        (now, before) -> {
          if (now == KafkaStreams.State.RUNNING) {
            System.out.println(PeerOptions.READY);
          } else if (now == KafkaStreams.State.ERROR || now == KafkaStreams.State.NOT_RUNNING) {
            ended.countDown();
          }
        });
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close, "close-streams"));
    streams.start();
    ended.await();
    return 1;
  }

  /** Decides by Turnstile's defaults. */
  private Topology topology() {
    TokenSettings tokens =
        new TokenSettings(
            jwks, Set.of("ES256"), 100_000, Duration.ofSeconds(30), Duration.ofMinutes(5));
    // Its own stores forget nothing while nothing comes in; Redis has a clock.
    Duration outage = redisPort == null ? Duration.ZERO : Duration.ofHours(1);
    DedupSettings dedup = new DedupSettings(Duration.ofHours(1), Duration.ofMinutes(10), outage);
    Duration productWait = Duration.ofSeconds(5);
    if (redisPort == null) {
      return StreamsTopology.of(options.topics(), tokens, dedup, productWait);
    }
    return StreamsTopology.of(
        options.topics(),
        tokens,
        dedup,
        productWait,
        context -> new RedisAcceptances(new Jedis(RedisServer.HOST, redisPort), dedup));
  }

  /** For low latency at exactly-once; {@code README.md} has a reason for each. */
  private Map<String, Object> settings() {
    Map<String, Object> p = new HashMap<>();
    p.put(StreamsConfig.APPLICATION_ID_CONFIG, options.applicationId("kafka-streams"));
    p.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, options.bootstrapServers);
    p.put(StreamsConfig.STATE_DIR_CONFIG, stateDirectory.toString());
    p.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    p.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, options.threads);
    p.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, options.commitIntervalMillis);
    p.put(StreamsConfig.POLL_MS_CONFIG, 2);
    p.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, standbys);
    p.put(StreamsConfig.TRANSACTIONAL_STATE_STORES_CONFIG, transactionalStores);
    p.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 32 << 20);
    p.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, BoundedRocksDb.class);
    p.putAll(BoundedRocksDb.budget((long) stateMemory << 20));
    PeerOptions.PRODUCER.forEach((name, value) -> p.put(producerPrefix(name), value));
    p.put(producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG), transactionTimeoutMillis);
    p.put(mainConsumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), sessionTimeoutMillis);
    p.put(mainConsumerPrefix(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG), 1_000);
    p.put(mainConsumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), instance);
    return p;
  }

  /** Bounds the memory of all RocksDB stores together, as Flink bounds its own. */
  public static final class BoundedRocksDb implements RocksDBConfigSetter {

    private static final String CACHE = "peer.rocksdb.cache";
    private static final String MEMTABLES = "peer.rocksdb.memtables";

    /** Makes the properties that share out the bytes, by Flink's defaults. */
    static Map<String, Object> budget(long bytes) {
      RocksDB.loadLibrary();
      Cache cache = new LRUCache(bytes, -1, false, 0.1);
      return Map.of(CACHE, cache, MEMTABLES, new WriteBufferManager(bytes / 2, cache));
    }

    @Override
    public void setConfig(String storeName, Options options, Map<String, Object> configs) {
      BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
      table.setBlockCache((Cache) configs.get(CACHE));
      table.setCacheIndexAndFilterBlocks(true);
      table.setCacheIndexAndFilterBlocksWithHighPriority(true);
      table.setPinTopLevelIndexAndFilter(true);
      options.setTableFormatConfig(table);
      options.setWriteBufferManager((WriteBufferManager) configs.get(MEMTABLES));
      // As Turnstile's: small, and with a filter, since nearly every key asked for is new.
      options.setWriteBufferSize(4 << 20);
      options.setMemtablePrefixBloomSizeRatio(0.05);
      options.setMemtableWholeKeyFiltering(true);
    }

    /** What the stores share lives as long as the process. */
    @Override
    public void close(String storeName, Options options) {}
  }
}
