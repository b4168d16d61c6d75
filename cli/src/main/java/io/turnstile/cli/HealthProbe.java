package io.turnstile.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.FlinkOptions;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.FlinkRestException;
import io.turnstile.clients.postgresql.JournalDatabase;
import io.turnstile.clients.postgresql.PostgresqlSource;
import io.turnstile.clients.postgresql.UnsuitableDatabaseException;
import io.turnstile.events.LedgerEntry;
import io.turnstile.feeds.FeedHealth;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartitionInfo;

/**
 * Looks at a live deployment again and again. A part that does not answer is a problem in the
 * result, never an exception. Not thread-safe.
 */
final class HealthProbe {

  private final FlinkRest flink;
  private final FlinkOptions options;
  private final Admin kafka;
  private final String transactions;
  private final Feeds feeds;
  private final PostgresqlSource database;
  private final Canary canary;
  private boolean canaryPrepared;
  private long lookedNanos = System.nanoTime();

  /** Of the look before: a rate needs two looks in a row. */
  private TaskCounts before = TaskCounts.UNSEEN;

  /** Asks how the feeds are. */
  interface Feeds {

    /** How each is; none if there are none. */
    List<FeedHealth> look() throws InterruptedException;
  }

  /**
   * @param database of the verdicts; null if they are in Kafka
   * @param canary null to send nothing
   */
  HealthProbe(
      FlinkRest flink,
      FlinkOptions options,
      Admin kafka,
      String transactions,
      Feeds feeds,
      PostgresqlSource database,
      Canary canary) {
    this.flink = flink;
    this.options = options;
    this.kafka = kafka;
    this.transactions = transactions;
    this.feeds = feeds;
    this.database = database;
    this.canary = canary;
  }

  /** Looks once. Verdicts since the look before are 0 where that one saw none. */
  Health look() throws InterruptedException {
    List<String> problems = new ArrayList<>();
    Duration latency = canaryLatency(problems);
    askKafka(problems);
    askDatabase(problems);
    List<FeedHealth> feedsNow = askFeeds(problems);
    long now = System.nanoTime();
    Duration interval = Duration.ofNanos(now - lookedNanos);
    lookedNanos = now;

    String state = null;
    long restarts = 0;
    Duration checkpointAge = null;
    TaskCounts counts = TaskCounts.UNSEEN;
    List<ReferenceFeed> references = List.of();
    try {
      FlinkRest.Job job = options.job(flink);
      state = job.state();
      restarts = flink.restarts(job.id());
      checkpointAge =
          flink
              .checkpoints(job.id())
              .latest()
              .map(latest -> Duration.between(latest.triggered(), Instant.now()))
              .orElse(null);
      if (!state.equals("RUNNING")) {
        problems.add("the job is " + state + FlinkOptions.cause(flink, job));
      }
      JsonNode vertices = flink.get("jobs/" + job.id()).path("vertices");
      references = ReferenceFeed.read(flink, job.id(), vertices);
      counts = TaskCounts.read(flink, job.id(), vertices);
    } catch (FlinkRestException | CheckFailedException e) {
      problems.add(OneLine.of(e));
    }
    Health health =
        new Health(
            Instant.now(),
            state,
            restarts,
            checkpointAge,
            counts.unread(),
            counts.inputsSince(before),
            counts.verdictsSince(before),
            references,
            feedsNow,
            interval,
            latency,
            List.copyOf(problems));
    before = counts;
    return health;
  }

  private Duration canaryLatency(List<String> problems) throws InterruptedException {
    if (canary == null) {
      return null;
    }
    try {
      if (!canaryPrepared) {
        canary.prepare();
        canaryPrepared = true;
      }
      Canary.Answer answer = canary.submit(Canary.transaction(), Canary.Token.VALID);
      if (!answer.code().equals(LedgerEntry.ACCEPTED)) {
        problems.add("the canary's verdict is " + answer.code());
      }
      return answer.latency();
    } catch (ExecutionException e) {
      problems.add("the canary was not sent: " + OneLine.of(e.getCause()));
    } catch (CheckFailedException | KafkaException | IllegalArgumentException e) {
      problems.add("canary: " + OneLine.of(e));
    }
    return null;
  }

  private List<FeedHealth> askFeeds(List<String> problems) throws InterruptedException {
    List<FeedHealth> found = List.of();
    try {
      found = feeds.look();
    } catch (CheckFailedException | KafkaException e) {
      problems.add("feeds: " + OneLine.of(e));
    }
    found.stream().filter(FeedHealth::isIll).forEach(feed -> problems.add("feed " + feed.line()));
    return found;
  }

  private void askDatabase(List<String> problems) {
    if (database == null) {
      return;
    }
    try (Connection connection = database.getConnection()) {
      JournalDatabase.check(connection);
    } catch (SQLException | UnsuitableDatabaseException e) {
      problems.add("PostgreSQL: " + OneLine.of(e));
    }
  }

  private void askKafka(List<String> problems) throws InterruptedException {
    try {
      for (TopicPartitionInfo partition :
          kafka
              .describeTopics(List.of(transactions))
              .allTopicNames()
              .get()
              .get(transactions)
              .partitions()) {
        if (partition.leader() == null || partition.leader().isEmpty()) {
          problems.add("Kafka: " + transactions + "/" + partition.partition() + " has no leader");
        }
      }
    } catch (ExecutionException e) {
      problems.add("Kafka: " + OneLine.of(e.getCause()));
    }
  }
}
