package io.turnstile.cli;

import com.nimbusds.jose.jwk.JWK;
import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.ClusterProblem;
import io.turnstile.clients.FlinkOptions;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.KafkaOptions;
import io.turnstile.clients.OptionSources;
import io.turnstile.clients.TokenClaimOptions;
import io.turnstile.clients.TokenSigner;
import io.turnstile.clients.Topics;
import io.turnstile.clients.postgresql.JournalDatabase;
import io.turnstile.clients.postgresql.PostgresqlOptions;
import io.turnstile.events.LedgerEntry;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.TopicNames;
import io.turnstile.events.Transaction;
import io.turnstile.feeds.FeedHealth;
import io.turnstile.feeds.FeedsTopicOption;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.FeatureMetadata;
import org.apache.kafka.clients.admin.FinalizedVersionRange;
import org.apache.kafka.common.KafkaException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Smoke test of a live deployment: every part of it, from Kafka to a verdict in time. */
@Command(
    name = "check",
    description = {
      "Smoke test of a live deployment, one PASS or FAIL line for each part.",
      "",
      "With --signing-key it also sends transactions of its own: of customer and product '"
          + Canary.ID
          + "', quantity 0, amount 0, currency XXX."
    })
final class CheckCommand implements Callable<Integer> {

  private static final int WARM_UP = 20;
  private static final int MEASURED = 100;

  @Spec private CommandSpec spec;

  @Mixin private KafkaOptions kafka;

  @Mixin private FeedsTopicOption feedsTopic;

  @Mixin private PostgresqlOptions database;

  @Mixin private FlinkOptions flinkOptions;

  @Option(
      names = "--signing-key",
      paramLabel = "FILE",
      description = "Private JWK to sign tokens with; without it nothing is sent.")
  private Path signingKey;

  @Mixin private TokenClaimOptions tokenClaims;

  @Option(
      names = "--jwks",
      paramLabel = "FILE|URL",
      description = "The JWKS that the job reads: check that it has the signing key.")
  private String jwks;

  @Option(
      names = "--skip-latency",
      fallbackValue = OptionSources.ON,
      description = "Do not measure the latency.")
  private boolean skipLatency;

  @Option(
      names = "--max-latency",
      paramLabel = "DURATION",
      defaultValue = "100ms",
      description =
          "What the 99th percentile of the committed latency must be below (default: ${DEFAULT-VALUE}).")
  private Duration maxLatency;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      defaultValue = "30s",
      description = "How long each part may take to answer (default: ${DEFAULT-VALUE}).")
  private Duration timeout;

  @Option(names = "--out", paramLabel = "FILE", description = "Write the results as JSON.")
  private Path out;

  @Override
  public Integer call() throws Exception {
    database.requireUsable(spec.commandLine());
    FlinkRest flink = flinkOptions.connect(spec.commandLine());
    TokenSigner tokens =
        signingKey == null ? null : Canary.signer(signingKey, tokenClaims.claims());
    CheckReport report = new CheckReport(spec.commandLine().getOut(), System::nanoTime);
    Map<String, Object> client = kafka.client(timeout);

    boolean topics = checkKafka(report, client);
    if (database.url() != null) {
      topics &= report.run("database", this::describeDatabase);
    }
    if (topics) {
      checkFeeds(report, client);
    }
    boolean running = checkFlink(report, flink);
    if (tokens == null) {
      report.skip("verdicts", "no --signing-key given, so nothing was sent");
    } else if (!topics || !running) {
      report.skip("verdicts", "nothing was sent: " + (topics ? "no running job" : "no topics"));
    } else {
      if (jwks != null) {
        report.run("signing key published", this::signingKeyIsPublished);
      }
      checkVerdicts(report, client, tokens);
    }
    if (out != null) {
      report.write(out);
    }
    return report.passed() ? 0 : 1;
  }

  private boolean checkKafka(CheckReport report, Map<String, Object> client)
      throws InterruptedException {
    try (Admin admin = Admin.create(client)) {
      boolean reachable = report.run("Kafka", () -> describe(admin));
      if (!reachable) {
        report.skip("topics", "Kafka does not answer");
        return false;
      }
      return report.run("topics", () -> topicsAreRight(admin));
    }
  }

  /** Nothing where there are none. */
  private void checkFeeds(CheckReport report, Map<String, Object> client)
      throws InterruptedException {
    List<FeedHealth> feeds;
    try {
      feeds = FeedHealth.read(client, feedsTopic.name(kafka), timeout);
    } catch (KafkaException | CheckFailedException e) {
      report.run(
          "feeds",
          () -> {
            throw e;
          });
      return;
    }
    if (!feeds.isEmpty()) {
      report.run("feeds", () -> describe(feeds));
    }
  }

  private static String describe(List<FeedHealth> feeds) {
    String lines = feeds.stream().map(FeedHealth::line).collect(Collectors.joining(" | "));
    if (feeds.stream().anyMatch(FeedHealth::isIll)) {
      throw new CheckFailedException(lines);
    }
    return lines;
  }

  private String describe(Admin admin) throws Exception {
    int brokers = admin.describeCluster().nodes().get().size();
    FeatureMetadata features = admin.describeFeatures().featureMetadata().get();
    return "%d broker%s, metadata.version %s, transaction.version %s"
        .formatted(
            brokers,
            brokers == 1 ? "" : "s",
            level(features, "metadata.version"),
            level(features, "transaction.version"));
  }

  private static String level(FeatureMetadata features, String name) {
    FinalizedVersionRange range = features.finalizedFeatures().get(name);
    return range == null ? "unknown" : Short.toString(range.maxVersionLevel());
  }

  private String topicsAreRight(Admin admin) throws Exception {
    TopicNames names = kafka.topics();
    if (database.url() != null) {
      requireNone(new Topics(names, 1, 1).withoutVerdicts().problems(admin));
      return names.inputs().size() + " topics; the verdicts are in the database";
    }
    int lanes =
        admin
            .describeTopics(List.of(names.accepted()))
            .allTopicNames()
            .get()
            .get(names.accepted())
            .partitions()
            .size();
    requireNone(new Topics(names, 1, lanes).problems(admin));
    return names.inputs().size() + names.verdicts().size() + " topics, " + lanes + " lanes";
  }

  private static void requireNone(List<ClusterProblem> problems) {
    if (!problems.isEmpty()) {
      throw new CheckFailedException(
          problems.stream().map(ClusterProblem::text).collect(Collectors.joining("; ")));
    }
  }

  private String describeDatabase() throws Exception {
    try (Connection connection = database.source().limited(timeout, timeout).getConnection()) {
      JournalDatabase journal = JournalDatabase.check(connection);
      return journal.lanes() + " lanes, fsync " + (journal.fsync() ? "on" : "off");
    }
  }

  private boolean checkFlink(CheckReport report, FlinkRest flink) throws InterruptedException {
    boolean reachable =
        report.run(
            "Flink",
            () -> {
              int slots =
                  flink.taskManagers().stream().mapToInt(FlinkRest.TaskManager::slots).sum();
              return "version " + flink.version() + ", " + slots + " slots";
            });
    if (!reachable) {
      report.skip("job", "Flink does not answer");
      return false;
    }
    FlinkRest.Job[] found = new FlinkRest.Job[1];
    boolean running =
        report.run(
            "job",
            () -> {
              found[0] = flinkOptions.job(flink);
              flink.awaitRunning(found[0].id(), timeout);
              return "%s (%s), all tasks running, %d restarts"
                  .formatted(found[0].name(), found[0].id(), flink.restarts(found[0].id()));
            });
    if (!running) {
      report.skip("checkpoint", "no running job");
      return false;
    }
    report.run(
        "checkpoint",
        () -> {
          long id = flink.checkpoint(found[0].id(), timeout);
          FlinkRest.Checkpoints checkpoints = flink.checkpoints(found[0].id());
          return "checkpoint %d completed; so far %d completed, %d failed"
              .formatted(id, checkpoints.completed(), checkpoints.failed());
        });
    report.run("reference topics", () -> references(flink, found[0].id()));
    return true;
  }

  /** Only shows: what was malformed once may have been corrected since. */
  private static String references(FlinkRest flink, String jobId) {
    return ReferenceFeed.read(flink, jobId, flink.get("jobs/" + jobId).path("vertices")).stream()
        .map(feed -> feed.name() + ": " + feed.describe())
        .collect(Collectors.joining("; "));
  }

  private String signingKeyIsPublished() throws IOException {
    JWK key = TokenSigner.readKey(signingKey);
    PublishedKeys.requireHolds(jwks, key, timeout);
    return "key " + key.getKeyID();
  }

  private void checkVerdicts(CheckReport report, Map<String, Object> client, TokenSigner tokens)
      throws InterruptedException {
    try (Canary canary =
        Canary.connect(client, kafka.topics(), database.sourceIfGiven(), tokens, timeout)) {
      Transaction transaction = Canary.transaction();
      boolean accepted =
          report.run(
              "canary accepted",
              () -> {
                canary.prepare();
                return expect(canary, transaction, Canary.Token.VALID, LedgerEntry.ACCEPTED);
              });
      if (accepted) {
        report.run(
            "duplicate rejected",
            () ->
                expect(
                    canary, transaction, Canary.Token.VALID, RejectionReason.DUPLICATE_ID.name()));
        report.run(
            "expired token rejected",
            () ->
                expect(
                    canary,
                    Canary.transaction(),
                    Canary.Token.EXPIRED,
                    RejectionReason.TOKEN_EXPIRED.name()));
      } else {
        report.skip("duplicate rejected", "the canary was not accepted");
        report.skip("expired token rejected", "the canary was not accepted");
      }
      if (skipLatency || !accepted) {
        report.skip("latency", skipLatency ? "as asked" : "the canary was not accepted");
      } else {
        report.run("latency", () -> measureLatency(canary));
      }
    }
  }

  private static String expect(
      Canary canary, Transaction transaction, Canary.Token token, String expected)
      throws ExecutionException, InterruptedException {
    String code = canary.submit(transaction, token).code();
    if (!code.equals(expected)) {
      throw new CheckFailedException("the verdict is " + code + ", not " + expected);
    }
    return code;
  }

  /** One transaction at a time, each sent when the one before has its verdict. */
  private String measureLatency(Canary canary) throws ExecutionException, InterruptedException {
    Histogram micros = new Histogram(3);
    for (int i = 0; i < WARM_UP + MEASURED; i++) {
      Duration latency = canary.submit(Canary.transaction(), Canary.Token.VALID).latency();
      if (i >= WARM_UP) {
        micros.recordValue(TimeUnit.NANOSECONDS.toMicros(latency.toNanos()));
      }
    }
    String found =
        String.format(
            Locale.ROOT,
            "committed latency of %d transactions: p50 %.1f ms, p99 %.1f ms, max %.1f ms",
            MEASURED,
            micros.getValueAtPercentile(50) / 1000.0,
            micros.getValueAtPercentile(99) / 1000.0,
            micros.getMaxValue() / 1000.0);
    if (micros.getValueAtPercentile(99) >= TimeUnit.MILLISECONDS.toMicros(maxLatency.toMillis())) {
      throw new CheckFailedException(
          found + "; p99 is not below " + maxLatency.toMillis() + " ms (--max-latency)");
    }
    return found;
  }
}
