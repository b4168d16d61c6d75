package io.turnstile.bench.peers;

import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.token.TokenSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The peer <em>kafka-streams</em>: Turnstile's decisions on Kafka Streams. */
@Command(
    name = "kafka-streams",
    description = "Decides each transaction, with Kafka Streams and its exactly_once_v2.")
public final class StreamsPeer implements Callable<Integer> {

  private static final Logger LOG = LoggerFactory.getLogger(StreamsPeer.class);

  /** As Turnstile's defaults. */
  private static final Duration DEDUP_WINDOW = Duration.ofHours(1);

  private static final Duration CONTENT_WINDOW = Duration.ofMinutes(10);
  private static final Duration PRODUCT_WAIT = Duration.ofSeconds(5);
  private static final int TOKEN_CACHE_SIZE = 100_000;
  private static final Duration CLOCK_SKEW = Duration.ofSeconds(30);
  private static final Duration KEY_REFRESH = Duration.ofMinutes(5);

  @Mixin private PeerOptions options;

  @Option(names = "--jwks", required = true, description = "Token keys: a file or an https URL")
  private String jwks;

  @Option(names = "--state-dir", description = "Kept over restarts; default: in java.io.tmpdir")
  private Path stateDirectory = Path.of(System.getProperty("java.io.tmpdir"), "kafka-streams");

  @Option(names = "--state-memory", description = "MiB of RocksDB for blocks and memtables")
  private int stateMemory = 1000;

  private StreamsPeer() {}

  public static void main(String[] args) {
    System.exit(new CommandLine(new StreamsPeer()).execute(args));
  }

  @Override
  public Integer call() throws InterruptedException {
    Properties properties = StreamsSettings.of(options, stateDirectory, stateMemory);
    KafkaStreams streams =
        new KafkaStreams(
            StreamsTopology.of(options.topics(), tokens(), dedup(), PRODUCT_WAIT), properties);
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

  private TokenSettings tokens() {
    return new TokenSettings(jwks, Set.of("ES256"), TOKEN_CACHE_SIZE, CLOCK_SKEW, KEY_REFRESH);
  }

  /** Nothing is forgotten while nothing comes in: there is no outage to allow for. */
  private static DedupSettings dedup() {
    return new DedupSettings(DEDUP_WINDOW, CONTENT_WINDOW, Duration.ZERO);
  }
}
