package io.turnstile.systemtests.feeds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.cli.Turnstile;
import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.clients.Topics;
import io.turnstile.events.Decoded;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import io.turnstile.events.TopicNames;
import io.turnstile.feeds.config.Feed;
import io.turnstile.feeds.config.FeedFile;
import io.turnstile.feeds.mapping.Mapped;
import io.turnstile.feeds.mapping.RecordMapper;
import io.turnstile.feeds.publish.FeedState;
import io.turnstile.feeds.publish.KafkaPublication;
import io.turnstile.feeds.publish.Leadership;
import io.turnstile.feeds.publish.StateTopic;
import io.turnstile.feeds.source.SourceRecord;
import io.turnstile.simulator.api.ApiRecords;
import io.turnstile.simulator.api.ApiSettings;
import io.turnstile.simulator.api.SimulatedApi;
import io.turnstile.systemtests.harness.TestbedExtension;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedConfigBuilder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.InvalidProducerEpochException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * A source that changes, runners that die: in the end the topic is equal to the source, and no
 * version was published twice.
 */
class FeedsIT {

  private static final int KILLS = 8;
  private static final int PAGE = 100;
  private static final int PAGES = 120;

  @RegisterExtension
  static final TestbedExtension TESTBED =
      new TestbedExtension(
          TestbedConfigBuilder.builder(TestbedConfig.defaults())
              .flink(false)
              .brokerConfig(Map.of("group.min.session.timeout.ms", "1000"))
              .build());

  @TempDir private Path directory;

  private String prefix;
  private TopicNames topics;
  private StateTopic states;

  @BeforeEach
  void createTopics(TestInfo test) throws Exception {
    prefix = test.getTestMethod().orElseThrow().getName() + ".";
    topics = TopicNames.withPrefix(prefix);
    Map<String, Object> client = client();
    try (Admin admin = Admin.create(client)) {
      new Topics(topics, 3, 1).withoutVerdicts().create(admin, (short) 1);
    }
    states = new StateTopic(client, prefix + "turnstile.feeds", Duration.ofMinutes(1));
  }

  private static Map<String, Object> client() {
    return Map.of("bootstrap.servers", TESTBED.testbed().bootstrapServers());
  }

  private static ApiSettings settings(double failures, double truncated) {
    return new ApiSettings(
        "127.0.0.1", 0, PAGE * PAGES, 0, PAGE, Duration.ZERO, failures, 0, truncated, 0, null, 7);
  }

  private Path feeds(SimulatedApi api, String every) throws IOException {
    return Files.writeString(
        directory.resolve("feeds.yaml"),
        """
        feeds:
          shop:
            into: inventory
            http-pages:
              url: http://127.0.0.1:%d/products
              records: /items
              paging: {by: cursor, next: /next_cursor}
            mapping:
              product_id: /id
              name: /title
              category: /category/name
              unit_price: {at: /price/amount, as: minor-units}
              currency: /price/currency
              stock: /in_stock
              version: /version
              updated_at: {at: /updated_at, as: iso-time}
            deletes: {flag: /deleted}
            schedule: {every: %s}
            retry: {first: 10ms, most: 200ms}
            rate: 40
        """
            .formatted(api.port(), every));
  }

  private FeedProcess start(Path file, String... more) throws IOException {
    return FeedProcess.start(file, TESTBED.testbed().bootstrapServers(), prefix, more);
  }

  private FeedState state() throws InterruptedException {
    return states.states().get("shop");
  }

  private static ConditionFactory patiently() {
    return await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(2));
  }

  /** Waits, while the source changes all the time. */
  private static void changingUntil(SimulatedApi api, Callable<Boolean> condition) {
    patiently()
        .until(
            () -> {
              api.change(1);
              return condition.call();
            });
  }

  private void awaitSyncs(long syncs) {
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> state() != null && state().totals().syncs() >= syncs);
  }

  @Test
  void killedAgainAndAgainItSkipsNoPageAndPublishesNoVersionTwice() throws Exception {
    try (SimulatedApi api = SimulatedApi.start(settings(0.03, 0.03))) {
      Path file = feeds(api, "1d");
      for (int kill = 0; kill < KILLS; kill++) {
        try (FeedProcess runner = start(file, "--instance", "it")) {
          // Of some runners no page is committed, of some several are.
          long enough = api.served() + 1 + kill * 2L;
          changingUntil(api, () -> api.served() >= enough);
          runner.kill();
        }
      }
      FeedState killed = state();
      assertThat(killed.totals().syncs()).isZero();
      assertThat(killed.sync().position()).isNotNull();
      try (FeedProcess runner = start(file, "--instance", "it")) {
        changingUntil(api, () -> state().totals().syncs() == 1);
        Log first = read();
        for (int number = 0; number < PAGE * PAGES; number++) {
          // What was deleted when its page came was never there.
          assertThat(
                  first.last().containsKey(api.products().id(number))
                      || ApiRecords.deletes(api.products().version(number))
                      || api.products().version(number) > 1)
              .as("product %d", number)
              .isTrue();
        }
        assertThat(Turnstile.run(Turnstile.commandLine(), sync(), Map.of())).isZero();
        awaitSyncs(2);
        assertThat(runner.metrics())
            .contains("turnstile_feeds_syncs_total{feed=\"shop\",kind=\"full\"}");
      }
      assertEqual(api);
    }
  }

  private String[] sync() {
    return new String[] {
      "feeds",
      "sync",
      "shop",
      "--full",
      "--bootstrap-servers",
      TESTBED.testbed().bootstrapServers(),
      "--topic-prefix",
      prefix
    };
  }

  @Tag("extended")
  @Test
  void ofTwoRunnersOneWorksAndTheOtherTakesOver() throws Exception {
    try (SimulatedApi api = SimulatedApi.start(settings(0, 0))) {
      Path file = feeds(api, "10ms");
      try (FeedProcess one = start(file, "--take-over", "2s")) {
        patiently().until(one::isWorking);
        try (FeedProcess other = start(file, "--take-over", "2s")) {
          awaitSyncs(1);
          assertThat(one.isWorking()).isTrue();
          assertThat(other.isWorking()).isFalse();
          // Not dead, but away for long enough to be taken for it.
          one.signal("STOP");
          patiently().until(other::isWorking);
          one.signal("CONT");
          patiently().until(() -> !one.isWorking());
          api.change(1_000);
          long syncs = state().totals().syncs();
          awaitSyncs(syncs + 2);
          other.kill();
          patiently().until(one::isWorking);
          api.change(1_000);
          syncs = state().totals().syncs();
          awaitSyncs(syncs + 2);
        }
      }
      assertEqual(api);
    }
  }

  /** The moment that two processes do not reach: a commit of a runner that was taken over. */
  @Test
  void runnerThatWasTakenOverCommitsNothingMore() throws Exception {
    states.createPatiently();
    try (SimulatedApi api = SimulatedApi.start(settings(0, 0));
        Leadership leadership =
            new Leadership(client(), states, "shop", null, Duration.ofSeconds(10))) {
      Feed feed = FeedFile.read(feeds(api, "1d")).get(0);
      RecordMapper mapper = RecordMapper.of(feed);
      FeedState begun =
          FeedState.initial(feed.fingerprint()).with(FeedState.Sync.begin(true, 1, null));
      try (KafkaPublication older = open(feed, mapper, leadership)) {
        older.commit(List.of(put(mapper, 1)), begun);
        try (KafkaPublication newer = open(feed, mapper, leadership)) {
          assertThat(newer.state()).isEqualTo(begun);
          FeedState next = begun.with(FeedState.Sync.begin(true, 2, null));
          newer.commit(List.of(put(mapper, 2)), next);

          FeedState refused = begun.with(FeedState.Sync.begin(true, 3, null));
          assertThatThrownBy(() -> older.commit(List.of(put(mapper, 3), put(mapper, 4)), refused))
              .satisfies(FeedsIT::isFenced);

          assertThat(read().versions()).containsExactlyInAnyOrder("p@1", "p@2");
          assertThat(state()).isEqualTo(next);
          newer.commit(List.of(put(mapper, 5)), begun);
          assertThat(read().last().get("p").version()).isEqualTo(5);
        }
      }
    }
  }

  private static void isFenced(Throwable refusal) {
    Throwable cause = refusal.getCause() == null ? refusal : refusal.getCause();
    assertThat(cause)
        .isInstanceOfAny(ProducerFencedException.class, InvalidProducerEpochException.class);
  }

  private KafkaPublication open(Feed feed, RecordMapper mapper, Leadership leadership)
      throws InterruptedException {
    return KafkaPublication.open(
        client(), feed, mapper, topics.inventory(), states, leadership, Duration.ofMinutes(1));
  }

  private static Mapped put(RecordMapper mapper, long version) throws IOException {
    String record =
        """
        {"id": "p", "title": "t", "category": {"name": "c"}, "in_stock": 1,
         "price": {"amount": 1, "currency": "EUR"}, "version": %d,
         "updated_at": "2026-01-31T12:00:00Z"}"""
            .formatted(version);
    return mapper.map(SourceRecord.of(new ObjectMapper().readTree(record)), 1);
  }

  @Test
  void topicOfAnotherTeamIsFollowed() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("feeds.yaml"),
            """
            feeds:
              shop:
                into: inventory
                topic: {bootstrap_servers: '%s', name: %serp}
                mapping:
                  product_id: /id
                  name: {constant: x}
                  category: {constant: x}
                  unit_price: /price
                  currency: {constant: EUR}
                  stock: {constant: 1}
                  version: /version
                  updated_at: /version
                schedule: {every: 100ms}
            """
                .formatted(TESTBED.testbed().bootstrapServers(), prefix));
    try (Admin admin = Admin.create(client());
        KafkaProducer<String, String> erp =
            new KafkaProducer<>(client(), new StringSerializer(), new StringSerializer())) {
      admin.createTopics(List.of(new NewTopic(prefix + "erp", 2, (short) 1))).all().get();
      try (FeedProcess runner = start(file, "--instance", "it")) {
        publish(erp, "a", 1);
        publish(erp, "b", 1);
        awaitVersions(Map.of("a", 1L, "b", 1L));
        runner.kill();
      }
      publish(erp, "a", 2);
      erp.send(new ProducerRecord<>(prefix + "erp", "b", null)).get();
      publish(erp, "c", 1);
      try (FeedProcess runner = start(file, "--instance", "it")) {
        awaitVersions(Map.of("a", 2L, "c", 1L));
        assertThat(runner.metrics()).contains("outcome=\"published\"} 2.0");
      }
    }
  }

  private void publish(KafkaProducer<String, String> erp, String id, long version)
      throws Exception {
    String value = "{\"id\":\"%s\",\"price\":1,\"version\":%d}".formatted(id, version);
    erp.send(new ProducerRecord<>(prefix + "erp", id, value)).get();
  }

  private void awaitVersions(Map<String, Long> versions) {
    await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(
            () -> {
              Map<String, Long> found = new HashMap<>();
              read().last().forEach((id, product) -> found.put(id, product.version()));
              assertThat(found).isEqualTo(versions);
            });
  }

  private record Log(Map<String, Product> last, Set<String> versions) {}

  /** Reads the topic, and fails if a version is there twice. */
  private Log read() {
    Map<String, Product> last = new HashMap<>();
    Set<String> versions = new HashSet<>();
    try (CommittedVerdicts<byte[]> log =
        new CommittedVerdicts<>(
            CommittedVerdicts.consumer(client()), List.of(topics.inventory()))) {
      log.seekToBeginning();
      log.readToEnd(
          Duration.ofMinutes(1),
          batch ->
              batch.forEach(
                  record -> {
                    String key = new String(record.key(), StandardCharsets.UTF_8);
                    if (record.value() == null) {
                      assertThat(last.remove(key)).as("deleted before: " + key).isNotNull();
                      return;
                    }
                    Product product =
                        ((Decoded.Valid<Product>) ProductCodec.decode(record.value())).record();
                    assertThat(versions.add(key + "@" + product.version()))
                        .as("twice: " + product)
                        .isTrue();
                    last.put(key, product);
                  }));
    }
    return new Log(last, versions);
  }

  private void assertEqual(SimulatedApi api) {
    Map<String, Product> last = read().last();
    for (int number = 0; number < PAGE * PAGES; number++) {
      long version = api.products().version(number);
      Product product = last.remove(api.products().id(number));
      if (ApiRecords.deletes(version)) {
        assertThat(product).isNull();
      } else {
        assertThat(product).isNotNull();
        assertThat(product.version()).isEqualTo(version);
        assertThat(product.unitPrice()).isEqualTo(ApiRecords.price(number, version));
      }
    }
    assertThat(last).isEmpty();
  }
}
