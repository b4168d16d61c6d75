package io.turnstile.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.decision.token.ExpectedClaims;
import io.turnstile.events.TopicNames;
import io.turnstile.job.commit.CommitMode;
import io.turnstile.job.options.InvalidConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobConfigTest {

  @TempDir Path directory;

  @Test
  void defaults() throws Exception {
    JobConfig config = parse();
    assertThat(config.topics()).isEqualTo(TopicNames.DEFAULT);
    assertThat(config.groupId()).isEqualTo("turnstile");
    assertThat(config.lanes()).isEqualTo(4);
    assertThat(config.parallelism()).isNull();
    assertThat(config.tokens().algorithms()).isEqualTo(Set.of("ES256"));
    assertThat(config.tokens().clockSkew()).isEqualTo(Duration.ofSeconds(30));
    assertThat(config.tokens().connectTimeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.tokens().readTimeout()).isEqualTo(Duration.ofSeconds(5));
    assertThat(config.productWait().minWait()).isEqualTo(Duration.ofSeconds(5));
    assertThat(config.productWait().maxWait()).isEqualTo(Duration.ofMinutes(1));
    assertThat(config.decision().dedup().window()).isEqualTo(Duration.ofHours(1));
    assertThat(config.decision().dedup().contentWindow()).isEqualTo(Duration.ofMinutes(10));
    assertThat(config.decision().dedup().maxOutage()).isEqualTo(Duration.ofHours(1));
    assertThat(config.decision().customersRequired()).isFalse();
    assertThat(config.decision().allowStaleCheckpoint()).isFalse();
    assertThat(config.trustProducerTime()).isFalse();
    assertThat(config.commit()).isEqualTo(CommitMode.JOURNAL);
    assertThat(config.checkpointInterval()).isEqualTo(Duration.ofSeconds(30));
    assertThat(config.transactionTimeout()).isEqualTo(Duration.ofMinutes(1));
    assertThat(config.decision().maxCheckpointAge()).isEqualTo(Duration.ofHours(1));
    assertThat(config.journal().commitInterval()).isEqualTo(Duration.ofMillis(10));
    assertThat(config.journal().maxCommitInterval()).isEqualTo(Duration.ofMillis(100));
    assertThat(config.journal().commitsPerSecond()).isEqualTo(200);
    assertThat(config.kafkaJournal().startOffsets()).isNull();
    assertThat(config.clientProperties()).isEqualTo(Map.of("bootstrap.servers", "broker:9092"));
  }

  @Test
  void defaultsOfCheckpointMode() throws Exception {
    JobConfig config = parse("--commit", "checkpoint");
    assertThat(config.checkpointInterval()).isEqualTo(Duration.ofMillis(50));
    assertThat(config.transactionTimeout()).isEqualTo(Duration.ofMinutes(15));
  }

  @Test
  void aLongWaitNeedsNoOtherOption() throws Exception {
    assertThat(parse("--product-wait", "60s").productWait().maxWait())
        .isEqualTo(Duration.ofSeconds(115));
  }

  @Test
  void argumentsOverrideTheEnvironment() throws Exception {
    Map<String, String> environment =
        Map.of(
            "TURNSTILE_BOOTSTRAP_SERVERS", "other:1",
            "TURNSTILE_JWKS", "keys.json",
            "TURNSTILE_DEDUP_WINDOW", "2h",
            "TURNSTILE_CONTENT_DEDUP", "off",
            "TURNSTILE_TRUST_PRODUCER_TIME", "true");
    JobConfig config =
        JobConfig.parse(new String[] {"--bootstrap-servers", "broker:9092"}, environment);
    assertThat(config.bootstrapServers()).isEqualTo("broker:9092");
    assertThat(config.tokens().jwks()).isEqualTo("keys.json");
    assertThat(config.decision().dedup().window()).isEqualTo(Duration.ofHours(2));
    assertThat(config.decision().dedup().contentWindow()).isNull();
    assertThat(config.trustProducerTime()).isTrue();
  }

  @Test
  void tokensMayBeBoundToIssuerAudienceAndType() throws Exception {
    assertThat(parse().tokens().expected()).isEqualTo(ExpectedClaims.ANY);
    ExpectedClaims expected =
        new ExpectedClaims("https://idp.example", Set.of("pay", "shop"), "at+jwt");
    assertThat(
            parse(
                    "--token-issuer",
                    "https://idp.example",
                    "--token-audience",
                    "pay,shop",
                    "--token-type",
                    "at+jwt")
                .tokens()
                .expected())
        .isEqualTo(expected);
    Map<String, String> environment =
        Map.of(
            "TURNSTILE_BOOTSTRAP_SERVERS", "broker:9092",
            "TURNSTILE_JWKS", "keys.json",
            "TURNSTILE_TOKEN_ISSUER", "https://idp.example",
            "TURNSTILE_TOKEN_AUDIENCE", "pay,shop",
            "TURNSTILE_TOKEN_TYPE", "at+jwt");
    assertThat(JobConfig.parse(new String[0], environment).tokens().expected()).isEqualTo(expected);
  }

  @Test
  void keyServersTimeOutsCanBeSet() throws Exception {
    JobConfig config = parse("--jwks-connect-timeout", "1s", "--jwks-read-timeout", "20s");
    assertThat(config.tokens().connectTimeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(config.tokens().readTimeout()).isEqualTo(Duration.ofSeconds(20));
  }

  @Test
  void absentIssuerAndAudienceAreWarnedOf() {
    assertThat(SubmissionChecks.tokenWarning(ExpectedClaims.ANY).orElseThrow())
        .contains("--token-issuer and --token-audience");
    assertThat(SubmissionChecks.tokenWarning(new ExpectedClaims("i", Set.of(), null)).orElseThrow())
        .contains("Without --token-audience a");
    assertThat(SubmissionChecks.tokenWarning(new ExpectedClaims("i", Set.of("a"), null))).isEmpty();
  }

  @Test
  void aTopicsOwnNameWinsOverThePrefix() throws Exception {
    TopicNames topics = parse("--topic-prefix", "a.", "--topic-accepted", "yes").topics();
    assertThat(topics.accepted()).isEqualTo("yes");
    assertThat(topics.rejected()).isEqualTo("a.verdicts.rejected");
  }

  @Test
  void clientPropertiesComeFromTheFileAndTheServersFromTheOption() throws Exception {
    Path file = directory.resolve("client.properties");
    Files.writeString(file, "security.protocol=SASL_SSL\nbootstrap.servers=elsewhere:1\n");
    assertThat(parse("--client-properties", file.toString()).clientProperties())
        .containsEntry("security.protocol", "SASL_SSL")
        .containsEntry("bootstrap.servers", "broker:9092");
  }

  /** Otherwise a restored transaction may have timed out, which looks as if it was committed. */
  @Test
  void inCheckpointModeTheTransactionOutlivesEveryCheckpointThatMayBeRestored() throws Exception {
    JobConfig config =
        parse(
            "--commit",
            "checkpoint",
            "--transaction-timeout",
            "8min",
            "--checkpoint-interval",
            "1min");
    Duration openUntilCommit =
        config
            .checkpointInterval()
            .plus(config.checkpointTimeout().multipliedBy(2))
            .plus(config.decision().maxCheckpointAge());
    assertThat(openUntilCommit).isLessThan(config.transactionTimeout());
  }

  @ParameterizedTest
  @CsvSource({
    "--dedup-windw, 1h, --dedup-windw",
    "--dedup-window, soon, is not a duration",
    "--dedup-window, 3600, is not a duration",
    "--dedup-window, 0s, --dedup-window",
    "--lanes, 0, --lanes",
    "--parallelism, 5, --parallelism must be 1 to 4",
    "--checkpoint-interval, 5ms, at least 10ms",
    "--token-issuer, ' ', --token-issuer must not be blank",
    "--token-audience, 'a,,b', --token-audience must not be blank",
    "--token-type, '', --token-type must not be blank",
    "--jwks-connect-timeout, 0s, --jwks-connect-timeout",
    "--jwks-read-timeout, 0s, --jwks-read-timeout",
    "--commit, sometimes, --commit",
    "--content-dedup, maybe, --content-dedup",
    "--max-commit-interval, 1ms, --max-commit-interval",
    "--max-wait, 5s, a second longer than --product-wait",
    "--journal-start-offsets, here, no start offset",
    "--topic-dead-letter, transactions, different names",
    "--client-properties, /no/such/file, --client-properties",
  })
  void whatCannotWorkIsRefusedInOneLine(String option, String value, String reason) {
    assertThatThrownBy(() -> parse(option, value))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining(reason)
        .message()
        .doesNotContain("\n");
  }

  @Test
  void inCheckpointModeTheIntervalIsBoundToTheTransactionTimeout() {
    assertThatThrownBy(() -> parse("--commit", "checkpoint", "--checkpoint-interval", "10min"))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("an eighth of --transaction-timeout");
  }

  @Test
  void whatIsRequiredIsNamed() {
    assertThatThrownBy(() -> JobConfig.parse(new String[0], Map.of()))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("--bootstrap-servers")
        .hasMessageContaining("--jwks");
  }

  private static JobConfig parse(String... arguments) throws InvalidConfigException {
    List<String> all =
        new ArrayList<>(List.of("--bootstrap-servers", "broker:9092", "--jwks", "jwks.json"));
    all.addAll(List.of(arguments));
    return JobConfig.parse(all.toArray(String[]::new), Map.of());
  }
}
