package io.turnstile.bench.peers;

import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.events.TopicNames;
import java.time.Duration;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * The topology: one step, no repartition topic.
 *
 * <p>Transactions and customers have the same key and number of partitions, and share a store, so
 * that a task gets both of a customer. The products are in a global store that every task reads.
 */
final class StreamsTopology {

  /** Names of stores; changelog topics are called after them. */
  static final String PRODUCTS = "products";

  static final String CUSTOMERS = "customers";
  static final String IDS = "accepted-ids";
  static final String CONTENTS = "accepted-contents";
  static final String WAITING = "waiting";

  private static final String TRANSACTIONS_SOURCE = "transactions";
  private static final String CUSTOMERS_SOURCE = "customers-topic";
  private static final String DECIDE = "decide";
  private static final String UPDATE_CUSTOMERS = "update-customers";

  private StreamsTopology() {}

  /**
   * @param productWait how long a transaction waits for an unknown product
   */
  static Topology of(
      TopicNames topics, TokenSettings tokens, DedupSettings dedup, Duration productWait) {
    ByteArraySerializer write = new ByteArraySerializer();
    ByteArrayDeserializer read = new ByteArrayDeserializer();
    Topology topology = new Topology();
    topology.addGlobalStore(
        store(Stores.inMemoryKeyValueStore(PRODUCTS)).withLoggingDisabled(),
        "inventory",
        read,
        read,
        topics.inventory(),
        "update-products",
        () -> new ReferenceUpdater<>(PRODUCTS, ReferenceFormat.PRODUCT));
    topology.addSource(TRANSACTIONS_SOURCE, read, read, topics.transactions());
    topology.addSource(CUSTOMERS_SOURCE, read, read, topics.customers());
    topology.addProcessor(
        UPDATE_CUSTOMERS,
        () -> new ReferenceUpdater<>(CUSTOMERS, ReferenceFormat.CUSTOMER),
        CUSTOMERS_SOURCE);
    topology.addProcessor(
        DECIDE,
        () -> new TurnstileProcessor(tokens, dedup, productWait, topics),
        TRANSACTIONS_SOURCE);
    topology.addStateStore(
        store(Stores.persistentKeyValueStore(CUSTOMERS)).withCachingEnabled(),
        UPDATE_CUSTOMERS,
        DECIDE);
    topology.addStateStore(store(Stores.persistentKeyValueStore(IDS)), DECIDE);
    topology.addStateStore(store(Stores.persistentKeyValueStore(CONTENTS)), DECIDE);
    topology.addStateStore(store(Stores.inMemoryKeyValueStore(WAITING)), DECIDE);
    for (String verdicts : topics.verdicts()) {
      topology.addSink(verdicts, verdicts, write, write, DECIDE);
    }
    return topology;
  }

  private static StoreBuilder<KeyValueStore<byte[], byte[]>> store(
      KeyValueBytesStoreSupplier supplier) {
    return Stores.keyValueStoreBuilder(supplier, Serdes.ByteArray(), Serdes.ByteArray());
  }
}
