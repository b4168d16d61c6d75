package io.turnstile.bench.peers;

import io.turnstile.decision.reference.Reference;
import io.turnstile.events.Decoded;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings a store of products or customers up to date: the highest version counts, and a malformed
 * record leaves the one before in force.
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
    if (record.key() == null) {
      warn(at, "it has no key");
      return;
    }
    String key = new String(record.key(), StandardCharsets.UTF_8);
    T value = null;
    long version = Reference.NO_VERSION;
    if (record.value() != null) {
      Decoded<T> decoded = format.decode(record.value());
      if (decoded instanceof Decoded.Invalid<T> invalid) {
        warn(at, invalid.code() + ", " + invalid.message());
        return;
      }
      value = ((Decoded.Valid<T>) decoded).record();
      version = format.versionOf(value);
      if (!format.keyOf(value).equals(key)) {
        warn(at, "its key is not the id in its value");
        return;
      }
    }
    Reference<T> update =
        new Reference<>(key, value, version, at.partition(), at.offset(), record.timestamp());
    Reference<T> before = format.ofBytes(key, store.get(record.key()));
    Reference<T> after = before == null ? update : before.then(update);
    if (!after.equals(before)) {
      store.put(record.key(), format.toBytes(after));
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
