package io.turnstile.bench.peers;

import io.turnstile.decision.reference.MalformedReferenceException;
import io.turnstile.decision.reference.Reference;
import io.turnstile.decision.reference.ReferenceHistory;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a store of products or customers up to date: the highest version since the last delete
 * counts, and a malformed record leaves the previous one in place.
 *
 * @param <T> the record type
 */
final class ReferenceUpdater<T> implements Processor<byte[], byte[], Void, Void> {

  private static final Logger LOG = LoggerFactory.getLogger(ReferenceUpdater.class);

  private final String storeName;
  private final ReferenceFormat<T> format;
  private ProcessorContext<Void, Void> context;
  private KeyValueStore<byte[], byte[]> store;

  ReferenceUpdater(String storeName, ReferenceFormat<T> format) {
    this.storeName = storeName;
    this.format = format;
  }

  @Override
  public void init(ProcessorContext<Void, Void> context) {
    this.context = context;
    store = context.getStateStore(storeName);
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    RecordMetadata at = context.recordMetadata().orElseThrow();
    Reference<T> update;
    try {
      update =
          format
              .decoder()
              .decode(
                  record.key(), record.value(), at.partition(), at.offset(), record.timestamp());
    } catch (MalformedReferenceException e) {
      warn(at, e.getMessage());
      return;
    }
    byte[] key = update.key().getBytes(StandardCharsets.UTF_8);
    ReferenceHistory<T> before = format.ofBytes(update.key(), store.get(key));
    ReferenceHistory<T> after = before == null ? ReferenceHistory.of(update) : before.then(update);
    if (!after.equals(before)) {
      store.put(key, format.toBytes(after));
    }
  }

  private static void warn(RecordMetadata at, String why) {
    LOG.warn(
        "Ignoring {}/{}/{}, the previous version stays in force: {}",
        at.topic(),
        at.partition(),
        at.offset(),
        why);
  }
}
