package io.turnstile.job.codec;

import io.turnstile.events.Customer;
import io.turnstile.events.Product;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** The binary form of the parts that our serializers share. */
public final class BinaryCodec {

  private BinaryCodec() {}

  /** Null has its own form. */
  public static void writeBytes(byte[] bytes, DataOutputView out) throws IOException {
    if (bytes == null) {
      out.writeInt(-1);
    } else {
      out.writeInt(bytes.length);
      out.write(bytes);
    }
  }

  public static byte[] readBytes(DataInputView in) throws IOException {
    int length = in.readInt();
    if (length < 0) {
      return null;
    }
    byte[] bytes = new byte[length];
    in.readFully(bytes);
    return bytes;
  }

  /** Any string without lone surrogates, unlike {@code writeUTF} of any length; null is kept. */
  public static void writeText(String text, DataOutputView out) throws IOException {
    writeBytes(text == null ? null : text.getBytes(StandardCharsets.UTF_8), out);
  }

  public static String readText(DataInputView in) throws IOException {
    byte[] utf8 = readBytes(in);
    return utf8 == null ? null : new String(utf8, StandardCharsets.UTF_8);
  }

  /** One byte for -64 to 63, at most ten: seven bits each, the sign first, then the lowest. */
  public static void writeVarLong(long value, DataOutputView out) throws IOException {
    long bits = (value << 1) ^ (value >> 63);
    while ((bits & ~0x7fL) != 0) {
      out.writeByte((int) ((bits & 0x7f) | 0x80));
      bits >>>= 7;
    }
    out.writeByte((int) bits);
  }

  public static long readVarLong(DataInputView in) throws IOException {
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

  public static void writePosition(SourcePosition position, DataOutputView out) throws IOException {
    writeText(position.topic(), out);
    out.writeInt(position.partition());
    out.writeLong(position.offset());
  }

  public static SourcePosition readPosition(DataInputView in) throws IOException {
    return new SourcePosition(readText(in), in.readInt(), in.readLong());
  }

  /** Without its token: none goes beyond the token check. */
  public static void writeTransaction(Transaction transaction, DataOutputView out)
      throws IOException {
    writeText(transaction.transactionId(), out);
    writeText(transaction.customerId(), out);
    writeText(transaction.productId(), out);
    out.writeInt(transaction.quantity());
    out.writeLong(transaction.amount());
    writeText(transaction.currency(), out);
    out.writeLong(transaction.occurredAt());
  }

  public static Transaction readTransaction(DataInputView in) throws IOException {
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
  public static void writeProduct(Product product, DataOutputView out) throws IOException {
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

  public static Product readProduct(DataInputView in) throws IOException {
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
  public static void writeCustomer(Customer customer, DataOutputView out) throws IOException {
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

  public static Customer readCustomer(DataInputView in) throws IOException {
    return in.readBoolean()
        ? new Customer(
            readText(in), readText(in), readText(in), readText(in), in.readLong(), in.readLong())
        : null;
  }
}
