package io.turnstile.systemtests.feeds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.turnstile.cli.Turnstile;
import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.clients.Topics;
import io.turnstile.events.Decoded;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import io.turnstile.events.TopicNames;
import io.turnstile.feeds.publish.FeedState;
import io.turnstile.feeds.publish.StateTopic;
import io.turnstile.simulator.api.ApiRecords;
import io.turnstile.simulator.api.SimulatedApi;
import io.turnstile.testbed.FeedProcess;
import io.turnstile.testbed.Testbed;
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
import org.apache.kafka.clients.admin.Admin;

/** A feed {@code shop} into the inventory behind a prefix of its own, and what became of it. */
final class Shop {

  static final String NAME = "shop";

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int LANES = 3;

  private final Testbed testbed;
  private final String prefix;
  private final Path file;
  private final TopicNames topics;
  private final StateTopic states;

  /** Creates the topics. */
  Shop(Testbed testbed, String prefix, Path directory) throws Exception {
    this.testbed = testbed;
    this.prefix = prefix;
    file = directory.resolve("feeds.yaml");
    topics = TopicNames.withPrefix(prefix);
    states = new StateTopic(client(), prefix + "turnstile.feeds", Duration.ofMinutes(1));
    try (Admin admin = Admin.create(client())) {
      new Topics(topics, LANES, 1).withoutVerdicts().create(admin, (short) 1);
    }
  }

  Map<String, Object> client() {
    return Map.of("bootstrap.servers", testbed.bootstrapServers());
  }

  TopicNames topics() {
    return topics;
  }

  StateTopic states() {
    return states;
  }

  /** Writes the file of a feed of the API's products, with further keys of the feed. */
  Path write(SimulatedApi api, int page, boolean incremental, String... keys) throws IOException {
    return write(
        """
        http-pages:
          url: http://127.0.0.1:%d/products
          records: /items
          paging: {by: cursor, next: /next_cursor, size_parameter: limit, size: %d}
          %s
        mapping:
          product_id: /id
          name: /title
          category: /category/name
          unit_price: {at: /price/amount, as: minor-units}
          currency: /price/currency
          stock: /in_stock
          version: /version
          updated_at: {at: /updated_at, as: iso-time}
        %s
        """
            .formatted(
                api.port(),
                page,
                incremental ? "incremental: {parameter: since, field: /version}" : "",
                String.join("\n", keys)));
  }

  /** Writes the file of a feed with these keys. */
  Path write(String keys) throws IOException {
    return Files.writeString(
        file, "feeds:\n  " + NAME + ":\n    into: inventory\n" + keys.indent(4));
  }

  FeedProcess start(String... options) {
    return startWithHeap("128m", options);
  }

  FeedProcess startWithHeap(String heap, String... options) {
    String[] all = new String[options.length + 2];
    all[0] = "--topic-prefix";
    all[1] = prefix;
    System.arraycopy(options, 0, all, 2, options.length);
    return FeedProcess.start(testbed, heap, file, all);
  }

  /** Where the feed is; null if it has committed nothing. */
  FeedState state() throws InterruptedException {
    return states.states().get(NAME);
  }

  /** How many syncs have ended. */
  long syncs() throws InterruptedException {
    FeedState state = state();
    return state == null ? 0 : state.totals().syncs();
  }

  void awaitSyncs(long syncs) {
    await().atMost(PATIENCE).until(() -> syncs() >= syncs);
  }

  /** Asks for a full sync. */
  void syncFully() {
    String[] command = {
      "feeds",
      "sync",
      NAME,
      "--full",
      "--bootstrap-servers",
      testbed.bootstrapServers(),
      "--topic-prefix",
      prefix
    };
    assertThat(Turnstile.run(Turnstile.commandLine(), command, Map.of())).isZero();
  }

  /**
   * What was committed to the inventory.
   *
   * @param last of each product, deleted ones left out
   * @param versions all there were, as {@code key@version}
   */
  record Published(Map<String, Product> last, Set<String> versions) {}

  /** Reads the topic, and fails if a version is there twice. */
  Published read() {
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
                    if (!versions.add(key + "@" + product.version())) {
                      throw new AssertionError("twice: " + product);
                    }
                    last.put(key, product);
                  }));
    }
    return new Published(last, versions);
  }

  /** Fails unless the topic has what the API has, and no version twice. */
  void assertEqual(SimulatedApi api) {
    Map<String, Product> last = read().last();
    ApiRecords products = api.products();
    for (int number = 0; number < products.count(); number++) {
      long version = products.version(number);
      Product product = last.remove(products.id(number));
      if (ApiRecords.deletes(version)) {
        assertThat(product).isNull();
      } else {
        assertThat(product).as(products.id(number)).isNotNull();
        assertThat(product.version()).isEqualTo(version);
        assertThat(product.unitPrice()).isEqualTo(ApiRecords.price(number, version));
      }
    }
    assertThat(last).isEmpty();
  }
}
