package io.turnstile.bench.peers;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.turnstile.decision.codec.BinaryRecords;
import io.turnstile.decision.dedup.Acceptance;
import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.dedup.DedupStore;
import io.turnstile.events.ContentHash;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * {@link DedupStore} in two stores of Kafka Streams: one point lookup each, which a Bloom filter
 * mostly answers. Not thread-safe.
 *
 * <p>Forgets by the append times of what comes in: while nothing does, nothing is forgotten. The
 * inputs of a task come from one partition, almost in the order of their times, so what is older
 * than the newest by more than the window and a margin is compared with no more.
 */
final class StreamsDedupStore implements DedupStore, Acceptances {

  /** For transactions that waited for a product, and for a broker's clock that is set back. */
  private static final long MARGIN_MILLIS = 60_000;

  private final KeyValueStore<byte[], byte[]> ids;
  private final KeyValueStore<byte[], byte[]> contents;
  private final long windowMillis;
  private final long contentWindowMillis;
  private String customerId;
  private long newest;
  private byte[] nextId;
  private byte[] nextContent;

  StreamsDedupStore(
      KeyValueStore<byte[], byte[]> ids,
      KeyValueStore<byte[], byte[]> contents,
      DedupSettings settings) {
    this.ids = ids;
    this.contents = contents;
    windowMillis = settings.window().toMillis() + MARGIN_MILLIS;
    contentWindowMillis = settings.contentWindow().toMillis() + MARGIN_MILLIS;
  }

  @Override
  public StreamsDedupStore of(String customerId) {
    this.customerId = customerId;
    return this;
  }

  @Override
  public List<Acceptance> byId(String transactionId) {
    return read(ids.get(key(transactionId)), each -> each.withTransactionId(transactionId));
  }

  @Override
  public List<Acceptance> byContent(ContentHash contentHash) {
    return read(contents.get(contentHash.toBytes()), each -> each.withContentHash(contentHash));
  }

  @Override
  public void remember(
      Acceptance acceptance, List<Acceptance> sameId, List<Acceptance> sameContent) {
    newest = Math.max(newest, acceptance.receivedAt());
    ids.put(
        key(acceptance.transactionId()),
        with(acceptance, sameId, newest - windowMillis, each -> each.withTransactionId(null)));
    contents.put(
        acceptance.contentHash().toBytes(),
        with(
            acceptance,
            sameContent,
            newest - contentWindowMillis,
            each -> each.withContentHash(null)));
  }

  @Override
  public void forget(long intervalMillis) {
    if (newest > 0) {
      nextId = forget(ids, nextId, windowMillis, intervalMillis);
      nextContent = forget(contents, nextContent, contentWindowMillis, intervalMillis);
    }
  }

  /** Kafka Streams closes its stores. */
  @Override
  public void close() {}

  private byte[] forget(
      KeyValueStore<byte[], byte[]> store, byte[] from, long window, long interval) {
    long left = 1 + store.approximateNumEntries() * interval / window;
    try (KeyValueIterator<byte[], byte[]> entries = store.range(from, null)) {
      for (; entries.hasNext(); left--) {
        if (left == 0) {
          return entries.peekNextKey();
        }
        KeyValue<byte[], byte[]> entry = entries.next();
        if (ByteBuffer.wrap(entry.value).getLong() < newest - window) {
          store.delete(entry.key);
        }
      }
    }
    return null;
  }

  /** The time of the newest goes first, in full: nothing else is read to forget the value. */
  private static byte[] with(
      Acceptance added, List<Acceptance> before, long oldest, UnaryOperator<Acceptance> keyless) {
    return StoreSerdes.write(
        added,
        (last, out) -> {
          out.writeLong(last.receivedAt());
          for (Acceptance known : before) {
            if (known.receivedAt() >= oldest) {
              BinaryRecords.writeAcceptance(keyless.apply(known), out);
            }
          }
          BinaryRecords.writeAcceptance(keyless.apply(last), out);
        });
  }

  private static List<Acceptance> read(byte[] stored, UnaryOperator<Acceptance> withKey) {
    return stored == null
        ? List.of()
        : StoreSerdes.read(
            stored,
            in -> {
              in.skipNBytes(Long.BYTES);
              return StoreSerdes.readAll(
                  each -> withKey.apply(BinaryRecords.readAcceptance(each)), in);
            });
  }

  private byte[] key(String transactionId) {
    return key(customerId, transactionId);
  }

  /** The customer's length goes first, so that no two pairs have the same bytes. */
  static byte[] key(String customerId, String transactionId) {
    byte[] customer = customerId.getBytes(UTF_8);
    byte[] id = transactionId.getBytes(UTF_8);
    return ByteBuffer.allocate(Short.BYTES + customer.length + id.length)
        .putShort((short) customer.length)
        .put(customer)
        .put(id)
        .array();
  }
}
