package io.turnstile.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.clients.OptionSources;
import io.turnstile.clients.ReferenceSpec;
import io.turnstile.clients.ReferenceSpec.KeyedBy;
import io.turnstile.decision.token.ExpectedClaims;
import io.turnstile.events.TopicNames;
import io.turnstile.job.commit.CommitMode;
import io.turnstile.job.commit.journal.JournalStore;
import io.turnstile.job.commit.journal.postgresql.PostgresqlJournalSettings;
import io.turnstile.job.options.InvalidConfigException;
import io.turnstile.testbed.OptionCheck;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JobConfigTest {

  private static final String POSTGRESQL = "jdbc:postgresql://host/turnstile";

  private final Locale before = Locale.getDefault();

  @TempDir Path directory;

  @AfterEach
  void restoreLocale() {
    Locale.setDefault(before);
  }

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
    assertThat(config.tokens().jwksMaxAge()).isEqualTo(Duration.ofHours(24));
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
  void defaultsOfAJournalInPostgresql() throws Exception {
    JobConfig config = parse("--journal-store", "postgresql", "--jdbc-url", POSTGRESQL);
    assertThat(config.journalStore()).isEqualTo(JournalStore.POSTGRESQL);
    assertThat(config.toVerdictTopics()).isFalse();
    assertThat(config.postgresqlJournal())
        .isEqualTo(
            new PostgresqlJournalSettings(
                POSTGRESQL,
                null,
                null,
                4,
                Duration.ofSeconds(5),
                Duration.ofSeconds(15),
                Duration.ofSeconds(10),
                Duration.ofSeconds(2),
                Duration.ofSeconds(10),
                Duration.ofSeconds(10),
                false));
  }

  @Test
  void journalInPostgresqlNeedsADatabaseAndNothingThatIsForKafka() {
    for (String[] options :
        new String[][] {
          {},
          {"--jdbc-url", "jdbc:other://host/turnstile"},
          {"--jdbc-url", POSTGRESQL, "--commit", "checkpoint"},
          {"--jdbc-url", POSTGRESQL, "--journal-start-offsets", "verdicts.accepted/0=1"},
          {"--jdbc-url", POSTGRESQL, "--jdbc-connections", "0"},
          {"--jdbc-url", POSTGRESQL, "--jdbc-retry-timeout", "100ms"},
          {"--jdbc-url", POSTGRESQL, "--jdbc-lock-timeout", "10s"},
          {"--jdbc-url", POSTGRESQL, "--jdbc-keep-alive", "0s"}
        }) {
      List<String> arguments = new ArrayList<>(List.of("--journal-store", "postgresql"));
      arguments.addAll(List.of(options));
      assertThatThrownBy(() -> parse(arguments.toArray(String[]::new)))
          .as("%s", arguments)
          .isInstanceOf(InvalidConfigException.class);
    }
  }

  @Test
  void generationIsForTheJournalInKafka() throws Exception {
    assertThat(parse().journal().generation()).isNull();
    assertThat(parse("--generation", "3").journal().generation()).isEqualTo(3);
    for (String[] options :
        new String[][] {
          {"--generation", "0"},
          {"--generation", "1", "--commit", "checkpoint"},
          {"--generation", "1", "--journal-store", "postgresql", "--jdbc-url", POSTGRESQL}
        }) {
      assertThatThrownBy(() -> parse(options))
          .isInstanceOf(InvalidConfigException.class)
          .hasMessageContaining("--generation");
    }
  }

  @Test
  void passwordInTheUrlIsNotPrinted() throws Exception {
    JobConfig config =
        parse("--journal-store", "postgresql", "--jdbc-url", POSTGRESQL + "?password=secret");
    assertThat(config.postgresqlJournal().toString()).doesNotContain("secret");
  }

  @Test
  void aLongWaitNeedsNoOtherOption() throws Exception {
    assertThat(parse("--product-wait", "60s").productWait().maxWait())
        .isEqualTo(Duration.ofSeconds(115));
  }

  @Test
  void referencesAreNamedWithTopicAndTime() throws Exception {
    JobConfig config =
        parse(
            "--topic-prefix",
            "shop.",
            "--reference",
            "tariff:keyed-by=product,required=true",
            "--reference",
            "risk:keyed-by=customer,topic=scores,wait=2s;note:keyed-by=customer",
            "--product-wait",
            "7s");
    assertThat(config.references())
        .containsExactly(
            new ReferenceSpec("tariff", KeyedBy.PRODUCT, "shop.references.tariff", null, true),
            new ReferenceSpec("risk", KeyedBy.CUSTOMER, "scores", Duration.ofSeconds(2), false),
            new ReferenceSpec("note", KeyedBy.CUSTOMER, "shop.references.note", null, false));
    assertThat(config.references())
        .extracting(each -> config.referenceWait(each).minWait())
        .as("required: as for a product; optional: as it says, or none")
        .containsExactly(Duration.ofSeconds(7), Duration.ofSeconds(2), Duration.ZERO);
    assertThat(parse().references()).isEmpty();
  }

  @Test
  void fieldsOfTheContractCannotBeCarried() throws Exception {
    assertThat(parse("--carry-fields", "channel,basket").carried().names())
        .containsExactly("basket", "channel");
    assertThat(parse().carried().isEmpty()).isTrue();
    assertThatThrownBy(() -> parse("--carry-fields", "channel,token"))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessage("--carry-fields: token is a field of every transaction");
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

  /** Of these locales, some write i in another way, some digits, some fractions. */
  @ParameterizedTest
  @ValueSource(strings = {"en-US", "tr-TR", "ar-EG-u-nu-arab", "hi-IN-u-nu-deva", "de-DE"})
  void everyOptionIsTakenFromArgumentEnvironmentAndFile(String locale) throws Exception {
    Locale.setDefault(Locale.forLanguageTag(locale));
    assertThat(new OptionCheck(JobConfig.commandLine(), OptionSources.JOB, directory).problems())
        .isEmpty();
  }

  @Test
  void optionsMayBeInAFile() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("options"), "bootstrap-servers=broker:9092\njwks=keys.json\nlanes=8");
    assertThat(JobConfig.parse(new String[] {"--options", file.toString()}, Map.of()).lanes())
        .isEqualTo(8);
    assertThatThrownBy(
            () -> JobConfig.parse(new String[] {"--options", file.toString() + ".gone"}, Map.of()))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("--options cannot be read");
  }

  @Test
  void fileOfTheCommandsServesTheJobToo() throws Exception {
    JobConfig config =
        ofFile(
            """
            bootstrap-servers=broker:9092
            job.jwks=keys.json
            lanes=8
            job.lanes=16
            watch.duration=5m
            simulate.generate.no-option=1
            """);
    assertThat(config.lanes()).isEqualTo(16);
    assertThat(config.tokens().jwks()).isEqualTo("keys.json");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"duration", "job.lane", "jbo.lanes", "job.watch.duration", "job", "watch"})
  void nameThatMayBeMisspeltIsRefusedInAFile(String name) {
    assertThatThrownBy(() -> ofFile("bootstrap-servers=a:1\njwks=keys.json\n" + name + "=5m\n"))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("[" + name + "]; what is for the job alone is job.NAME");
  }

  private JobConfig ofFile(String text) throws Exception {
    Path file = Files.writeString(directory.resolve("options"), text);
    return JobConfig.parse(new String[] {"--options", file.toString()}, Map.of());
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
  void keyServersTimeOutsAndTheAgeOfSavedKeysCanBeSet() throws Exception {
    JobConfig config =
        parse("--jwks-connect-timeout", "1s", "--jwks-read-timeout", "20s", "--jwks-max-age", "0s");
    assertThat(config.tokens().connectTimeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(config.tokens().readTimeout()).isEqualTo(Duration.ofSeconds(20));
    assertThat(config.tokens().jwksMaxAge()).isZero();
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

  @ParameterizedTest
  @CsvSource({
    "max.request.size=1048576, max.request.size=1048576 is less than the largest dead letter",
    "buffer.memory=1245183, 'leave it out, or set 1245184 or more'",
    "max.request.size=5MB, Invalid value 5MB for configuration max.request.size",
    "max.poll.records=none, Invalid value none for configuration max.poll.records",
  })
  void clientPropertyThatTheLargestDeadLetterDoesNotFitOrThatIsNoneIsRefused(
      String property, String reason) throws Exception {
    Path file = Files.writeString(directory.resolve("client.properties"), property + "\n");
    assertThatThrownBy(() -> parse("--client-properties", file.toString()))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageStartingWith("--client-properties: ")
        .hasMessageContaining(reason)
        .message()
        .doesNotContain("\n");
  }

  @Test
  void clientPropertiesThatTheLargestDeadLetterFitsAreTaken() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("client.properties"),
            "max.request.size=1245184\nbuffer.memory=1245184\nfetch.max.bytes=1\n");
    assertThat(parse("--client-properties", file.toString()).clientProperties())
        .containsEntry("max.request.size", "1245184");
  }

  @Test
  void requestSizeThatTheCheckpointSinkSetsItselfIsNotJudged() throws Exception {
    Path file = Files.writeString(directory.resolve("client.properties"), "max.request.size=1\n");
    assertThat(
            parse("--client-properties", file.toString(), "--commit", "checkpoint")
                .clientProperties())
        .containsEntry("max.request.size", "1");
    Files.writeString(file, "buffer.memory=1\n");
    assertThatThrownBy(
            () -> parse("--client-properties", file.toString(), "--commit", "checkpoint"))
        .hasMessageContaining("buffer.memory=1 is less than the largest dead letter");
  }

  @Test
  void valuesThatKafkaFillsInAreLeftToKafka() throws Exception {
    String placeholder = "request.timeout.ms=${env:TIMEOUT}\nbuffer.memory=${env:MEMORY}\n";
    Path file = Files.writeString(directory.resolve("client.properties"), placeholder);
    assertThatThrownBy(() -> parse("--client-properties", file.toString()))
        .as("nothing fills them in")
        .hasMessageContaining("Invalid value ${env:");
    String providers =
        "config.providers=env\nconfig.providers.env.class="
            + "org.apache.kafka.common.config.provider.EnvVarConfigProvider\n";
    Files.writeString(file, providers + placeholder);
    assertThat(parse("--client-properties", file.toString()).clientProperties())
        .containsEntry("request.timeout.ms", "${env:TIMEOUT}");
    Files.writeString(file, providers + "max.request.size=${env:SIZE}\n");
    assertThatThrownBy(() -> parse("--client-properties", file.toString()))
        .as("the journal needs the number")
        .hasMessageContaining("Invalid value ${env:SIZE} for configuration max.request.size");
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
    "--jwks-max-age, -1s, --jwks-max-age",
    "--commit, sometimes, --commit",
    "--content-dedup, maybe, --content-dedup",
    "--max-commit-interval, 1ms, --max-commit-interval",
    "--max-wait, 5s, a second longer than --product-wait",
    "--journal-start-offsets, here, no start offset",
    "--topic-dead-letter, transactions, different names",
    "--client-properties, /no/such/file, --client-properties",
    "--reference, tariff, 'give :keyed-by=product or :keyed-by=customer'",
    "--reference, Tariff:keyed-by=product, no name of a reference",
    "--reference, t:keyed-by=basket, keyed-by is product or customer",
    "--reference, 't:keyed-by=product,require=true', is none of keyed-by=",
    "--reference, 't:keyed-by=product,wait=soon', is not a duration",
    "--reference, 't:keyed-by=product,required=maybe', required is true or false",
    "--reference, 't:keyed-by=product;t:keyed-by=customer', names t twice",
    "--reference, 't:keyed-by=product,topic=inventory', topic inventory is used already",
  })
  void whatCannotWorkIsRefusedInOneLine(String option, String value, String reason) {
    assertThatThrownBy(() -> parse(option, value))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining(reason)
        .message()
        .doesNotContain("\n");
  }

  @Test
  void referencesHaveTheirTimeWithinTheLongestWait() {
    assertThatThrownBy(
            () -> parse("--reference", "t:keyed-by=product,wait=30s", "--max-wait", "20s"))
        .isInstanceOf(InvalidConfigException.class)
        .hasMessageContaining("a second longer than the wait of --reference t");
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
