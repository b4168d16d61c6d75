package io.turnstile.audit;

import io.turnstile.events.TopicNames;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.CommonClientConfigs;

/** What to audit, and how. Immutable; made by {@link #builder}. */
public final class AuditConfig {

  private static final Duration MAX = Duration.ofDays(3650);

  private final Map<String, Object> client;
  private final TopicNames topics;
  private final Path ledger;
  private final Duration wait;
  private final Instant since;
  private final Duration dedupWindow;
  private final int threads;
  private final AuditProgress progress;

  private AuditConfig(Builder builder) {
    Map<String, Object> properties = new HashMap<>(builder.client);
    properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, builder.bootstrapServers);
    client = Map.copyOf(properties);
    topics = builder.topics;
    ledger = builder.ledger;
    wait = builder.wait;
    since = builder.since;
    dedupWindow = builder.dedupWindow;
    threads = builder.threads;
    progress = builder.progress;
  }

  /**
   * A configuration with the defaults of each method below.
   *
   * @param bootstrapServers {@code host:port,…} of the Kafka cluster
   */
  public static Builder builder(String bootstrapServers) {
    return new Builder(bootstrapServers);
  }

  Map<String, Object> client() {
    return client;
  }

  TopicNames topics() {
    return topics;
  }

  Optional<Path> ledger() {
    return Optional.ofNullable(ledger);
  }

  Duration waitFor() {
    return wait;
  }

  Optional<Instant> since() {
    return Optional.ofNullable(since);
  }

  Duration dedupWindow() {
    return dedupWindow;
  }

  int threads() {
    return threads;
  }

  AuditProgress progress() {
    return progress;
  }

  /** Builds a configuration. Not thread-safe. */
  public static final class Builder {

    private final String bootstrapServers;
    private final Map<String, Object> client = new HashMap<>();
    private TopicNames topics = TopicNames.DEFAULT;
    private Path ledger;
    private Duration wait = Duration.ofSeconds(10);
    private Instant since;
    private Duration dedupWindow = Duration.ofHours(1);
    private int threads = Runtime.getRuntime().availableProcessors();
    private AuditProgress progress = (phase, done, total) -> {};

    private Builder(String bootstrapServers) {
      this.bootstrapServers = Objects.requireNonNull(bootstrapServers, "bootstrapServers");
    }

    /** Further Kafka client properties, for TLS and SASL. */
    public Builder clientProperties(Map<String, ?> properties) {
      client.putAll(properties);
      return this;
    }

    /** The topics; default {@link TopicNames#DEFAULT}. */
    public Builder topics(TopicNames names) {
      topics = names;
      return this;
    }

    /** A ledger of what the sender expects; default none. */
    public Builder ledger(Path file) {
      ledger = file;
      return this;
    }

    /**
     * How long to wait for verdicts that are not there yet, once all others are read; default 10 s.
     * Should exceed the longest time that the job holds one input back while it decides later ones
     * (the product wait) and the time between two commits.
     */
    public Builder waitFor(Duration duration) {
      if (duration.isNegative() || duration.compareTo(MAX) > 0) {
        throw new IllegalArgumentException(
            "the wait must be from 0 to " + MAX.toDays() + " days, not " + duration);
      }
      wait = duration;
      return this;
    }

    /** Audit only inputs appended at or after this time; default all. */
    public Builder since(Instant time) {
      since = time;
      return this;
    }

    /** The job's dedup window; default 1 h. */
    public Builder dedupWindow(Duration duration) {
      if (duration.compareTo(Duration.ofMillis(1)) < 0 || duration.compareTo(MAX) > 0) {
        throw new IllegalArgumentException(
            "the dedup window must be from 1 ms to " + MAX.toDays() + " days, not " + duration);
      }
      dedupWindow = duration;
      return this;
    }

    /** Partitions read at the same time; default one per processor. */
    public Builder threads(int count) {
      if (count < 1) {
        throw new IllegalArgumentException("at least one thread is needed, not " + count);
      }
      threads = count;
      return this;
    }

    /** Told how far the audit is; default nobody. */
    public Builder progress(AuditProgress listener) {
      progress = listener;
      return this;
    }

    public AuditConfig build() {
      return new AuditConfig(this);
    }
  }
}
