package io.turnstile.audit;

import io.soabase.recordbuilder.core.RecordBuilder;
import io.turnstile.clients.DedupWindow;
import io.turnstile.clients.Durations;
import io.turnstile.clients.ReferenceSpec;
import io.turnstile.clients.postgresql.PostgresqlSource;
import io.turnstile.events.CarriedFields;
import io.turnstile.events.TopicNames;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.kafka.clients.CommonClientConfigs;

/**
 * The options of an audit. Immutable.
 *
 * @param bootstrapServers {@code host:port,…} of the Kafka cluster
 * @param clientProperties further Kafka client properties, for TLS and SASL; default none
 * @param topics default {@link TopicNames#DEFAULT}
 * @param database where the verdicts are in PostgreSQL; null if they are in the verdict topics, the
 *     default
 * @param ledger the file of what the sender expects; null for none, the default
 * @param waitFor the time to wait for verdicts that are not there yet, once all others are read;
 *     default 10 s. Should exceed the longest time that the job holds one input back while it
 *     decides later ones (the product wait) and the time between two commits
 * @param since only inputs appended at or after this time are audited; null for all, the default
 * @param dedupWindow the job's; default 1 h
 * @param references the job's named references, which accepted verdicts must then have; default
 *     none, which checks nothing of them
 * @param carried the fields that accepted verdicts must carry; default none, which checks nothing
 * @param threads partitions read at the same time; default one per processor
 * @param progress is told how far the audit is; default nobody
 */
@RecordBuilder
public record AuditConfig(
    String bootstrapServers,
    Map<String, ?> clientProperties,
    TopicNames topics,
    PostgresqlSource database,
    Path ledger,
    Duration waitFor,
    Instant since,
    Duration dedupWindow,
    List<ReferenceSpec> references,
    CarriedFields carried,
    int threads,
    AuditProgress progress) {

  private static final Duration MAX = Duration.ofDays(3650);

  /**
   * Checks the options.
   *
   * @throws IllegalArgumentException if a number or a duration is out of bounds
   */
  public AuditConfig {
    Objects.requireNonNull(bootstrapServers, "bootstrapServers");
    clientProperties = Map.copyOf(clientProperties);
    references = List.copyOf(references);
    if (waitFor.isNegative() || waitFor.compareTo(MAX) > 0) {
      throw new IllegalArgumentException(
          "the wait must be from 0 to " + MAX.toDays() + " days, not " + waitFor);
    }
    if (dedupWindow.compareTo(Duration.ofMillis(1)) < 0 || dedupWindow.compareTo(MAX) > 0) {
      throw new IllegalArgumentException(
          "the dedup window must be from 1 ms to " + MAX.toDays() + " days, not " + dedupWindow);
    }
    if (threads < 1) {
      throw new IllegalArgumentException("at least one thread is needed, not " + threads);
    }
  }

  /** What the job was told to add to accepted verdicts. */
  VerdictAdditions additions() {
    return new VerdictAdditions(references, carried);
  }

  /** Reads the verdicts of the job. */
  VerdictReader verdictReader() {
    return new VerdictReader(additions(), database != null);
  }

  /** The properties of all Kafka clients. */
  Map<String, Object> client() {
    Map<String, Object> properties = new HashMap<>(clientProperties);
    properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
    return properties;
  }

  /** A builder with all defaults set; not thread-safe. */
  public static AuditConfigBuilder builder(String bootstrapServers) {
    return AuditConfigBuilder.builder()
        .bootstrapServers(bootstrapServers)
        .clientProperties(Map.of())
        .topics(TopicNames.DEFAULT)
        .waitFor(Duration.ofSeconds(10))
        .dedupWindow(Durations.parse(DedupWindow.DEFAULT))
        .references(List.of())
        .carried(CarriedFields.NONE)
        .threads(Runtime.getRuntime().availableProcessors())
        .progress((phase, done, total) -> {});
  }
}
