package io.turnstile.bench.peers;

import io.turnstile.decision.dedup.Acceptance;
import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.dedup.DedupStore;
import io.turnstile.events.ContentHash;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
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
final class StreamsDedupStore implements DedupStore {

  /** For transactions that waited for a product, and for a broker's clock that is set back. */
  private static final long MARGIN_MILLIS = 60_000;

  private static final int ENTRY_BYTES = 128;
  private static final int HASH_BYTES = 32;

  private final KeyValueStore<byte[], byte[]> ids;
  private final KeyValueStore<byte[], byte[]> contents;
  private final long windowMillis;
  private final long contentWindowMillis;
  private String customerId;
  private long newest = Long.MIN_VALUE;
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

  /** The store of one customer; this object itself. */
  StreamsDedupStore of(String customerId) {
    this.customerId = customerId;
    return this;
  }

  @Override
  public List<Acceptance> byId(String transactionId) {
    return read(ids.get(key(transactionId)), transactionId, null);
  }

  @Override
  public List<Acceptance> byContent(ContentHash contentHash) {
    return read(contents.get(contentHash.toBytes()), null, contentHash);
  }

  @Override
  public void remember(
      Acceptance acceptance, List<Acceptance> sameId, List<Acceptance> sameContent) {
    newest = Math.max(newest, acceptance.receivedAt());
    ids.put(key(acceptance.transactionId()), with(acceptance, sameId, newest - windowMillis, true));
    contents.put(
        acceptance.contentHash().toBytes(),
        with(acceptance, sameContent, newest - contentWindowMillis, false));
  }

  /**
   * Looks at a part of the stores and deletes what is too old; when called in equal intervals, it
   * looks at everything once in a window.
   *
   * @param interval between two calls, in milliseconds
   */
  void forget(long interval) {
    nextId = forget(ids, nextId, windowMillis, interval);
    nextContent = forget(contents, nextContent, contentWindowMillis, interval);
  }

  private byte[] forget(
      KeyValueStore<byte[], byte[]> store, byte[] from, long window, long interval) {
    if (newest == Long.MIN_VALUE) {
      return null;
    }
    long left = 1 + store.approximateNumEntries() * interval / window;
    try (KeyValueIterator<byte[], byte[]> entries = store.range(from, null)) {
      for (; entries.hasNext(); left--) {
        if (left == 0) {
          return entries.peekNextKey();
        }
        KeyValue<byte[], byte[]> entry = entries.next();
        if (lastReceivedAt(entry.value) < newest - window) {
          store.delete(entry.key);
        }
      }
    }
    return null;
  }

  /** The customer's length goes first, so that no two pairs have the same bytes. */
  private byte[] key(String transactionId) {
    byte[] customer = customerId.getBytes(StandardCharsets.UTF_8);
    byte[] id = transactionId.getBytes(StandardCharsets.UTF_8);
    byte[] key = new byte[2 + customer.length + id.length];
    key[0] = (byte) (customer.length >> 8);
    key[1] = (byte) customer.length;
    System.arraycopy(customer, 0, key, 2, customer.length);
    System.arraycopy(id, 0, key, 2 + customer.length, id.length);
    return key;
  }

  /**
   * The newest goes last and its time at the very end, where {@link #lastReceivedAt} finds it. What
   * is the key, the id or the content, is not written again.
   */
  private static byte[] with(
      Acceptance added, List<Acceptance> before, long oldest, boolean keyIsId) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(ENTRY_BYTES);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      for (Acceptance known : before) {
        if (known.receivedAt() >= oldest) {
          write(known, keyIsId, out);
        }
      }
      write(added, keyIsId, out);
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory", e);
    }
    return bytes.toByteArray();
  }

  private static void write(Acceptance acceptance, boolean keyIsId, DataOutputStream out)
      throws IOException {
    if (keyIsId) {
      out.write(acceptance.contentHash().toBytes());
    } else {
      out.writeUTF(acceptance.transactionId());
    }
    Varint.write(acceptance.partition(), out);
    Varint.write(acceptance.offset(), out);
    Varint.write(acceptance.decidedAt() - acceptance.receivedAt(), out);
    out.writeLong(acceptance.receivedAt());
  }

  private static long lastReceivedAt(byte[] acceptances) {
    return ByteBuffer.wrap(acceptances).getLong(acceptances.length - Long.BYTES);
  }

  /** One of id and content is the key, the other one null. */
  private static List<Acceptance> read(byte[] acceptances, String id, ContentHash content) {
    if (acceptances == null) {
      return List.of();
    }
    List<Acceptance> list = new ArrayList<>(1);
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(acceptances))) {
      while (in.available() > 0) {
        ContentHash itsContent = content == null ? ContentHash.ofBytes(readHash(in)) : content;
        String itsId = id == null ? in.readUTF() : id;
        int partition = (int) Varint.read(in);
        long offset = Varint.read(in);
        long decidedAfter = Varint.read(in);
        long receivedAt = in.readLong();
        list.add(
            new Acceptance(
                itsId, itsContent, partition, offset, receivedAt, receivedAt + decidedAfter));
      }
    } catch (IOException e) {
      throw new IllegalStateException("an acceptance in state is broken", e);
    }
    return list;
  }

  private static byte[] readHash(DataInputStream in) throws IOException {
    byte[] hash = new byte[HASH_BYTES];
    in.readFully(hash);
    return hash;
  }
}
