package io.turnstile.bench.peers;

import static org.apache.kafka.streams.state.Stores.inMemoryKeyValueStore;
import static org.apache.kafka.streams.state.Stores.keyValueStoreBuilder;
import static org.apache.kafka.streams.state.Stores.persistentKeyValueStore;

import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.reference.MalformedReferenceException;
import io.turnstile.decision.reference.Reference;
import io.turnstile.decision.reference.ReferenceDecoder;
import io.turnstile.decision.reference.ReferenceHistory;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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

  private static final String DECIDE = "decide";

  private static final Logger LOG = LoggerFactory.getLogger(StreamsTopology.class);

  private StreamsTopology() {}

  /** A transaction waits for an unknown product as long as {@code productWait}. */
  static Topology of(
      TopicNames topics, TokenSettings tokens, DedupSettings dedup, Duration productWait) {
    Topology topology =
        of(
            topics,
            tokens,
            dedup,
            productWait,
            context ->
                new StreamsDedupStore(
                    context.getStateStore(IDS), context.getStateStore(CONTENTS), dedup));
    for (String store : List.of(IDS, CONTENTS)) {
      topology.addStateStore(
          keyValueStoreBuilder(
              persistentKeyValueStore(store), Serdes.ByteArray(), Serdes.ByteArray()),
          DECIDE);
    }
    return topology;
  }

  /**
   * The same with acceptances elsewhere.
   *
   * @param openAcceptances opens those of a task
   */
  static Topology of(
      TopicNames topics,
      TokenSettings tokens,
      DedupSettings dedup,
      Duration productWait,
      Function<ProcessorContext<?, ?>, Acceptances> openAcceptances) {
    ByteArraySerializer write = new ByteArraySerializer();
    ByteArrayDeserializer read = new ByteArrayDeserializer();
    Topology topology = new Topology();
    topology.addGlobalStore(
        keyValueStoreBuilder(inMemoryKeyValueStore(PRODUCTS), Serdes.String(), StoreSerdes.PRODUCTS)
            .withLoggingDisabled(),
        "inventory",
        read,
        read,
        topics.inventory(),
        "update-products",
        () -> updater(PRODUCTS, ReferenceDecoder.PRODUCT));
    topology.addSource("customers-topic", read, read, topics.customers());
    topology.addProcessor(
        "update-customers", () -> updater(CUSTOMERS, ReferenceDecoder.CUSTOMER), "customers-topic");
    topology.addSource("transactions", read, read, topics.transactions());
    topology.addProcessor(
        DECIDE,
        () -> new TurnstileProcessor(tokens, dedup, productWait, topics, openAcceptances),
        "transactions");
    topology.addStateStore(
        keyValueStoreBuilder(
                persistentKeyValueStore(CUSTOMERS), Serdes.String(), StoreSerdes.CUSTOMERS)
            .withCachingEnabled(),
        "update-customers",
        DECIDE);
    topology.addStateStore(
        keyValueStoreBuilder(inMemoryKeyValueStore(WAITING), Serdes.ByteArray(), StoreSerdes.INPUT),
        DECIDE);
    for (String verdicts : topics.verdicts()) {
      topology.addSink(verdicts, verdicts, write, write, DECIDE);
    }
    return topology;
  }

  /**
   * Brings a store of products or customers up to date: the highest version since the last delete
   * counts, and a malformed record leaves the previous one in place.
   */
  private static <T> Processor<byte[], byte[], Void, Void> updater(
      String storeName, ReferenceDecoder<T> decoder) {
    return new ContextualProcessor<>() {
      @Override
      public void process(Record<byte[], byte[]> record) {
        KeyValueStore<String, ReferenceHistory<T>> store = context().getStateStore(storeName);
        SourcePosition at = TurnstileProcessor.position(context());
        try {
          Reference<T> update =
              decoder.decode(
                  record.key(), record.value(), at.partition(), at.offset(), record.timestamp());
          ReferenceHistory<T> before = store.get(update.key());
          ReferenceHistory<T> after =
              before == null ? ReferenceHistory.of(update) : before.then(update);
          if (!after.equals(before)) {
            store.put(update.key(), after);
          }
        } catch (MalformedReferenceException e) {
          LOG.warn("Ignoring {}, the previous version stays in force: {}", at, e.getMessage());
        }
      }
    };
  }
}
