package io.turnstile.bench.peers;

import io.turnstile.decision.reference.Reference;
import io.turnstile.decision.reference.ReferenceDecoder;
import io.turnstile.decision.reference.ReferenceHistory;
import io.turnstile.events.Customer;
import io.turnstile.events.Product;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Products or customers, in their topic and in their store: there in binary, which is faster to
 * read than JSON. Thread-safe.
 *
 * @param <T> the record type
 */
abstract class ReferenceFormat<T> {

  static final ReferenceFormat<Product> PRODUCT = new ProductFormat();
  static final ReferenceFormat<Customer> CUSTOMER = new CustomerFormat();

  private static final int INITIAL_BYTES = 256;

  /** Reads the topic's records. */
  abstract ReferenceDecoder<T> decoder();

  abstract void write(T record, DataOutputStream out) throws IOException;

  abstract T read(DataInputStream in) throws IOException;

  /** Encodes a history for the store. */
  final byte[] toBytes(ReferenceHistory<T> history) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(INITIAL_BYTES);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeBoolean(history.deleted() != null);
      if (history.deleted() != null) {
        writePlace(history.deleted(), out);
      }
      out.writeByte(history.versions().size());
      for (Reference<T> version : history.versions()) {
        writePlace(version, out);
        out.writeLong(version.version());
        write(version.value(), out);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void writePlace(Reference<?> reference, DataOutputStream out) throws IOException {
    out.writeInt(reference.partition());
    out.writeLong(reference.offset());
    out.writeLong(reference.appendedAt());
  }

  /** Decodes a value of the store; null if it holds none. */
  final ReferenceHistory<T> ofBytes(String key, byte[] bytes) {
    if (bytes == null) {
      return null;
    }
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      Reference<T> deleted =
          in.readBoolean()
              ? Reference.delete(key, in.readInt(), in.readLong(), in.readLong())
              : null;
      List<Reference<T>> versions = new ArrayList<>();
      for (int count = in.readByte(); count > 0; count--) {
        int partition = in.readInt();
        long offset = in.readLong();
        long appendedAt = in.readLong();
        long version = in.readLong();
        versions.add(new Reference<>(key, read(in), version, partition, offset, appendedAt));
      }
      return new ReferenceHistory<>(deleted, versions);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class ProductFormat extends ReferenceFormat<Product> {
    @Override
    ReferenceDecoder<Product> decoder() {
      return ReferenceDecoder.PRODUCT;
    }

    @Override
    void write(Product product, DataOutputStream out) throws IOException {
      out.writeUTF(product.productId());
      out.writeUTF(product.name());
      out.writeUTF(product.category());
      out.writeLong(product.unitPrice());
      out.writeUTF(product.currency());
      out.writeLong(product.stock());
      out.writeLong(product.version());
      out.writeLong(product.updatedAt());
    }

    @Override
    Product read(DataInputStream in) throws IOException {
      return new Product(
          in.readUTF(),
          in.readUTF(),
          in.readUTF(),
          in.readLong(),
          in.readUTF(),
          in.readLong(),
          in.readLong(),
          in.readLong());
    }
  }

  private static final class CustomerFormat extends ReferenceFormat<Customer> {
    @Override
    ReferenceDecoder<Customer> decoder() {
      return ReferenceDecoder.CUSTOMER;
    }

    @Override
    void write(Customer customer, DataOutputStream out) throws IOException {
      out.writeUTF(customer.customerId());
      out.writeUTF(customer.name());
      out.writeUTF(customer.segment());
      out.writeUTF(customer.country());
      out.writeLong(customer.version());
      out.writeLong(customer.updatedAt());
    }

    @Override
    Customer read(DataInputStream in) throws IOException {
      return new Customer(
          in.readUTF(), in.readUTF(), in.readUTF(), in.readUTF(), in.readLong(), in.readLong());
    }
  }
}
