package io.turnstile.decision.codec;

import io.turnstile.decision.dedup.Acceptance;
import io.turnstile.events.Additions;
import io.turnstile.events.ContentHash;
import io.turnstile.events.Customer;
import io.turnstile.events.Product;
import io.turnstile.events.ReferenceDocument;
import io.turnstile.events.Transaction;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The binary form of records in state, which is read several times as fast as their JSON. It does
 * not change: checkpoints hold it. Thread-safe.
 */
public final class BinaryRecords {

  private static final int HASH_BYTES = 32;

  private BinaryRecords() {}

  /** Any string without lone surrogates, unlike {@code writeUTF} of any length; null is kept. */
  public static void writeText(String text, DataOutput out) throws IOException {
    byte[] utf8 = text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(utf8 == null ? -1 : utf8.length);
    if (utf8 != null) {
      out.write(utf8);
    }
  }

  public static String readText(DataInput in) throws IOException {
    int length = in.readInt();
    if (length < 0) {
      return null;
    }
    return new String(read(length, in), StandardCharsets.UTF_8);
  }

  /** Without its token: none goes beyond the token check. */
  public static void writeTransaction(Transaction transaction, DataOutput out) throws IOException {
    writeText(transaction.transactionId(), out);
    writeText(transaction.customerId(), out);
    writeText(transaction.productId(), out);
    out.writeInt(transaction.quantity());
    out.writeLong(transaction.amount());
    writeText(transaction.currency(), out);
    out.writeLong(transaction.occurredAt());
  }

  public static Transaction readTransaction(DataInput in) throws IOException {
    return new Transaction(
        readText(in),
        readText(in),
        readText(in),
        in.readInt(),
        in.readLong(),
        readText(in),
        in.readLong(),
        "");
  }

  /** Null is kept. */
  public static void writeProduct(Product product, DataOutput out) throws IOException {
    out.writeBoolean(product != null);
    if (product != null) {
      writeText(product.productId(), out);
      writeText(product.name(), out);
      writeText(product.category(), out);
      out.writeLong(product.unitPrice());
      writeText(product.currency(), out);
      out.writeLong(product.stock());
      out.writeLong(product.version());
      out.writeLong(product.updatedAt());
    }
  }

  public static Product readProduct(DataInput in) throws IOException {
    return in.readBoolean()
        ? new Product(
            readText(in),
            readText(in),
            readText(in),
            in.readLong(),
            readText(in),
            in.readLong(),
            in.readLong(),
            in.readLong())
        : null;
  }

  /** Null is kept. */
  public static void writeCustomer(Customer customer, DataOutput out) throws IOException {
    out.writeBoolean(customer != null);
    if (customer != null) {
      writeText(customer.customerId(), out);
      writeText(customer.name(), out);
      writeText(customer.segment(), out);
      writeText(customer.country(), out);
      out.writeLong(customer.version());
      out.writeLong(customer.updatedAt());
    }
  }

  public static Customer readCustomer(DataInput in) throws IOException {
    return in.readBoolean()
        ? new Customer(
            readText(in), readText(in), readText(in), readText(in), in.readLong(), in.readLong())
        : null;
  }

  /** Null is kept. */
  public static void writeDocument(ReferenceDocument document, DataOutput out) throws IOException {
    out.writeBoolean(document != null);
    if (document != null) {
      writeText(document.id(), out);
      out.writeLong(document.version());
      writeText(document.json(), out);
    }
  }

  public static ReferenceDocument readDocument(DataInput in) throws IOException {
    return in.readBoolean()
        ? new ReferenceDocument(readText(in), in.readLong(), readText(in))
        : null;
  }

  /** Carried fields and references; each may be absent. */
  public static void writeAdditions(Additions additions, DataOutput out) throws IOException {
    writeText(additions.extra(), out);
    out.writeInt(additions.references().size());
    for (Map.Entry<String, String> reference : additions.references().entrySet()) {
      writeText(reference.getKey(), out);
      writeText(reference.getValue(), out);
    }
  }

  public static Additions readAdditions(DataInput in) throws IOException {
    String extra = readText(in);
    Map<String, String> references = new LinkedHashMap<>();
    for (int left = in.readInt(); left > 0; left--) {
      references.put(readText(in), readText(in));
    }
    return new Additions(extra, references);
  }

  /**
   * Either the id or the content may be null. There are two for every transaction that is accepted:
   * each byte more is written, merged and copied for all of them.
   */
  public static void writeAcceptance(Acceptance acceptance, DataOutput out) throws IOException {
    writeVarLong(acceptance.partition(), out);
    writeVarLong(acceptance.offset(), out);
    writeVarLong(acceptance.receivedAt(), out);
    writeVarLong(acceptance.decidedAt() - acceptance.receivedAt(), out);
    out.writeBoolean(acceptance.contentHash() != null);
    if (acceptance.contentHash() != null) {
      out.write(acceptance.contentHash().toBytes());
    }
    out.writeBoolean(acceptance.transactionId() != null);
    if (acceptance.transactionId() != null) {
      byte[] utf8 = acceptance.transactionId().getBytes(StandardCharsets.UTF_8);
      writeVarLong(utf8.length, out);
      out.write(utf8);
    }
  }

  public static Acceptance readAcceptance(DataInput in) throws IOException {
    int partition = (int) readVarLong(in);
    long offset = readVarLong(in);
    long receivedAt = readVarLong(in);
    long decidedAt = receivedAt + readVarLong(in);
    ContentHash contentHash = in.readBoolean() ? ContentHash.ofBytes(read(HASH_BYTES, in)) : null;
    String transactionId =
        in.readBoolean()
            ? new String(read((int) readVarLong(in), in), StandardCharsets.UTF_8)
            : null;
    return new Acceptance(transactionId, contentHash, partition, offset, receivedAt, decidedAt);
  }

  private static byte[] read(int length, DataInput in) throws IOException {
    byte[] bytes = new byte[length];
    in.readFully(bytes);
    return bytes;
  }

  /** One byte for -64 to 63, at most ten: seven bits each, the sign first, then the lowest. */
  private static void writeVarLong(long value, DataOutput out) throws IOException {
    long bits = (value << 1) ^ (value >> 63);
    while ((bits & ~0x7fL) != 0) {
      out.writeByte((int) ((bits & 0x7f) | 0x80));
      bits >>>= 7;
    }
    out.writeByte((int) bits);
  }

  private static long readVarLong(DataInput in) throws IOException {
    long bits = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      byte part = in.readByte();
      bits |= (part & 0x7fL) << shift;
      if (part >= 0) {
        return (bits >>> 1) ^ -(bits & 1);
      }
    }
    throw new IOException("a number of more than ten bytes in state");
  }
}
