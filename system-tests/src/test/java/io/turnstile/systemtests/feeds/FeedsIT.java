package io.turnstile.systemtests.feeds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.feeds.config.Feed;
import io.turnstile.feeds.config.FeedFile;
import io.turnstile.feeds.mapping.Mapped;
import io.turnstile.feeds.mapping.RecordMapper;
import io.turnstile.feeds.publish.FeedState;
import io.turnstile.feeds.publish.KafkaPublication;
import io.turnstile.feeds.publish.Leadership;
import io.turnstile.feeds.source.SourceRecord;
import io.turnstile.simulator.api.ApiRecords;
import io.turnstile.simulator.api.ApiSettings;
import io.turnstile.simulator.api.SimulatedApi;
import io.turnstile.systemtests.harness.TestbedExtension;
import io.turnstile.testbed.FeedProcess;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedConfigBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

  /** The kills, and what is served meanwhile, leave some of them for the last runner. */
  private static final int PAGES = 240;

  /** A topic of another team. */
  private static final String ERP = "erp";

  @RegisterExtension
  static final TestbedExtension TESTBED =
      new TestbedExtension(
          TestbedConfigBuilder.builder(TestbedConfig.defaults())
              .flink(false)
              .brokerConfig(Map.of("group.min.session.timeout.ms", "1000"))
              .build());

  @TempDir private Path directory;

  private Shop shop;

  @BeforeEach
  void createTopics(TestInfo test) throws Exception {
    shop =
        new Shop(TESTBED.testbed(), test.getTestMethod().orElseThrow().getName() + ".", directory);
  }

  private static ApiSettings settings(double failures, double truncated) {
    return new ApiSettings(
        "127.0.0.1", 0, PAGE * PAGES, 0, PAGE, Duration.ZERO, failures, 0, truncated, 0, null, 7);
  }

  private Path write(SimulatedApi api, String every) throws IOException {
    return shop.write(
        api,
        PAGE,
        false,
        "deletes: {flag: /deleted}",
        "schedule: {every: %s}".formatted(every),
        "retry: {first: 10ms, most: 200ms}",
        "rate: 40");
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

  @Test
  void killedAgainAndAgainItSkipsNoPageAndPublishesNoVersionTwice() throws Exception {
    try (SimulatedApi api = SimulatedApi.start(settings(0.03, 0.03))) {
      write(api, "1d");
      for (int kill = 0; kill < KILLS; kill++) {
        try (FeedProcess runner = shop.start("--instance", "it")) {
          // Of some runners no page is committed, of some several are.
          long enough = api.served() + 1 + kill * 2L;
          changingUntil(api, () -> api.served() >= enough);
          runner.kill();
        }
      }
      FeedState killed = shop.state();
      assertThat(killed.totals().syncs()).isZero();
      assertThat(killed.sync().position()).isNotNull();
      try (FeedProcess runner = shop.start("--instance", "it")) {
        changingUntil(api, () -> shop.syncs() == 1);
        Shop.Published first = shop.read();
        for (int number = 0; number < PAGE * PAGES; number++) {
          // What was deleted when its page came was never there.
          assertThat(
                  first.last().containsKey(api.products().id(number))
                      || ApiRecords.deletes(api.products().version(number))
                      || api.products().version(number) > 1)
              .as("product %d", number)
              .isTrue();
        }
        shop.syncFully();
        shop.awaitSyncs(2);
        assertThat(runner.metrics())
            .contains("turnstile_feeds_syncs_total{feed=\"shop\",kind=\"full\"}");
      }
      shop.assertEqual(api);
    }
  }

  @Tag("extended")
  @Test
  void ofTwoRunnersOneWorksAndTheOtherTakesOver() throws Exception {
    try (SimulatedApi api = SimulatedApi.start(settings(0, 0))) {
      write(api, "10ms");
      try (FeedProcess one = shop.start("--take-over", "2s")) {
        patiently().until(() -> one.isWorking(Shop.NAME));
        try (FeedProcess other = shop.start("--take-over", "2s")) {
          shop.awaitSyncs(1);
          assertThat(one.isWorking(Shop.NAME)).isTrue();
          assertThat(other.isWorking(Shop.NAME)).isFalse();
          // Not dead, but away for long enough to be taken for it.
          TESTBED.testbed().pause(one.process());
          patiently().until(() -> other.isWorking(Shop.NAME));
          TESTBED.testbed().resume(one.process());
          patiently().until(() -> !one.isWorking(Shop.NAME));
          api.change(1_000);
          long syncs = shop.syncs();
          shop.awaitSyncs(syncs + 2);
          other.kill();
          patiently().until(() -> one.isWorking(Shop.NAME));
          api.change(1_000);
          syncs = shop.syncs();
          shop.awaitSyncs(syncs + 2);
        }
      }
      shop.assertEqual(api);
    }
  }

  /** The moment that two processes do not reach: a commit of a runner that was taken over. */
  @Test
  void runnerThatWasTakenOverCommitsNothingMore() throws Exception {
    shop.states().createPatiently();
    try (SimulatedApi api = SimulatedApi.start(settings(0, 0));
        Leadership leadership =
            new Leadership(shop.client(), shop.states(), Shop.NAME, null, Duration.ofSeconds(10))) {
      Feed feed = FeedFile.read(write(api, "1d")).get(0);
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

          assertThat(shop.read().versions()).containsExactlyInAnyOrder("p@1", "p@2");
          assertThat(shop.state()).isEqualTo(next);
          newer.commit(List.of(put(mapper, 5)), begun);
          assertThat(shop.read().last().get("p").version()).isEqualTo(5);
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
        shop.client(),
        feed,
        mapper,
        shop.topics().inventory(),
        shop.states(),
        leadership,
        Duration.ofMinutes(1));
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
    shop.write(
        """
        topic: {bootstrap_servers: '%s', name: %s}
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
            .formatted(TESTBED.testbed().bootstrapServers(), ERP));
    try (Admin admin = Admin.create(shop.client());
        KafkaProducer<String, String> erp =
            new KafkaProducer<>(shop.client(), new StringSerializer(), new StringSerializer())) {
      admin.createTopics(List.of(new NewTopic(ERP, 2, (short) 1))).all().get();
      try (FeedProcess runner = shop.start("--instance", "it")) {
        publish(erp, "a", 1);
        publish(erp, "b", 1);
        awaitVersions(Map.of("a", 1L, "b", 1L));
        runner.kill();
      }
      publish(erp, "a", 2);
      erp.send(new ProducerRecord<>(ERP, "b", null)).get();
      publish(erp, "c", 1);
      try (FeedProcess runner = shop.start("--instance", "it")) {
        awaitVersions(Map.of("a", 2L, "c", 1L));
        // It counts what it knows to be committed: a moment after others can read it.
        patiently().until(() -> runner.metrics().contains("outcome=\"published\"} 2.0"));
      }
    }
  }

  private void publish(KafkaProducer<String, String> erp, String id, long version)
      throws Exception {
    String value = "{\"id\":\"%s\",\"price\":1,\"version\":%d}".formatted(id, version);
    erp.send(new ProducerRecord<>(ERP, id, value)).get();
  }

  private void awaitVersions(Map<String, Long> versions) {
    await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(
            () -> {
              Map<String, Long> found = new HashMap<>();
              shop.read().last().forEach((id, product) -> found.put(id, product.version()));
              assertThat(found).isEqualTo(versions);
            });
  }
}
