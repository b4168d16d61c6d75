package io.turnstile.bench.peers;

import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/** Transactions that wait for their product, in the order of their deadlines. Not thread-safe. */
final class WaitingRoom {

  /** Takes a transaction that waits; says whether it waits no more. */
  interface Visitor {
    boolean visit(Input input, Transaction transaction, long deadline);
  }

  private static final int INITIAL_BYTES = 256;

  private final KeyValueStore<byte[], byte[]> store;

  WaitingRoom(KeyValueStore<byte[], byte[]> store) {
    this.store = store;
  }

  /**
   * Lets a transaction wait; its token is not kept.
   *
   * @param deadline epoch milliseconds, the machine's clock
   */
  void add(Input input, Transaction transaction, long deadline) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(INITIAL_BYTES);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeUTF(input.position().topic());
      out.writeInt(input.position().partition());
      out.writeLong(input.position().offset());
      out.writeLong(input.receivedAt());
      out.writeUTF(transaction.transactionId());
      out.writeUTF(transaction.customerId());
      out.writeUTF(transaction.productId());
      out.writeInt(transaction.quantity());
      out.writeLong(transaction.amount());
      out.writeUTF(transaction.currency());
      out.writeLong(transaction.occurredAt());
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory", e);
    }
    // One partition a task: an offset tells two of the same millisecond apart.
    byte[] key =
        ByteBuffer.allocate(2 * Long.BYTES)
            .putLong(deadline)
            .putLong(input.position().offset())
            .array();
    store.put(key, bytes.toByteArray());
  }

  /** Shows every transaction that waits to the visitor. */
  void forEach(Visitor visitor) {
    try (KeyValueIterator<byte[], byte[]> entries = store.all()) {
      while (entries.hasNext()) {
        KeyValue<byte[], byte[]> entry = entries.next();
        if (visit(entry, visitor)) {
          store.delete(entry.key);
        }
      }
    }
  }

  private static boolean visit(KeyValue<byte[], byte[]> entry, Visitor visitor) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(entry.value))) {
      Input input =
          new Input(new SourcePosition(in.readUTF(), in.readInt(), in.readLong()), in.readLong());
      Transaction transaction =
          new Transaction(
              in.readUTF(),
              in.readUTF(),
              in.readUTF(),
              in.readInt(),
              in.readLong(),
              in.readUTF(),
              in.readLong(),
              "");
      return visitor.visit(input, transaction, ByteBuffer.wrap(entry.key).getLong());
    } catch (IOException e) {
      throw new IllegalStateException("a waiting transaction in state is broken", e);
    }
  }
}
