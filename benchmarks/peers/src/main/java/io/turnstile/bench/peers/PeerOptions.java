package io.turnstile.bench.peers;

import io.turnstile.events.TopicNames;
import java.time.Duration;
import picocli.CommandLine.Option;

/** Options of every peer. */
public final class PeerOptions {

  /** Line that a peer prints once it reads its input. */
  public static final String READY = "peer ready";

  // Of every peer's producer. The reasons are in README.md.
  static final int BATCH_BYTES = 128 << 10;
  static final int MAX_REQUEST_BYTES = 6 << 20;
  static final int RETRY_BACKOFF_MILLIS = 2;
  static final int MAX_RETRY_BACKOFF_MILLIS = 10;

  @Option(names = "--bootstrap-servers", required = true, description = "Kafka, HOST:PORT,…")
  private String bootstrapServers;

  @Option(names = "--topic-prefix", description = "Goes before every default topic name")
  private String topicPrefix = "";

  @Option(names = "--threads", description = "The parallelism")
  private int threads = 2;

  @Option(names = "--commit-interval", description = "Milliseconds between two commits")
  private int commitIntervalMillis = 10;

  public String bootstrapServers() {
    return bootstrapServers;
  }

  public TopicNames topics() {
    return TopicNames.withPrefix(topicPrefix);
  }

  /** Names this deployment: consumer group, transactional ids, internal topics. */
  public String applicationId(String peer) {
    return topicPrefix + peer;
  }

  public int threads() {
    return threads;
  }

  public Duration commitInterval() {
    return Duration.ofMillis(commitIntervalMillis);
  }
}
