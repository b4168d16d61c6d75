package io.turnstile.bench.peers;

import io.turnstile.decision.reference.Reference;
import io.turnstile.events.Customer;
import io.turnstile.events.CustomerCodec;
import io.turnstile.events.Decoded;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

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

  /** Reads a record of the topic whose value is not null. */
  abstract Decoded<T> decode(byte[] value);

  abstract String keyOf(T record);

  abstract long versionOf(T record);

  abstract void write(T record, DataOutputStream out) throws IOException;

  abstract T read(DataInputStream in) throws IOException;

  /** Encodes a reference for the store. */
  final byte[] toBytes(Reference<T> reference) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(INITIAL_BYTES);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeLong(reference.version());
      out.writeInt(reference.partition());
      out.writeLong(reference.offset());
      out.writeLong(reference.appendedAt());
      out.writeBoolean(reference.value() != null);
      if (reference.value() != null) {
        write(reference.value(), out);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Decodes a value of the store; null if it holds none. */
  final Reference<T> ofBytes(String key, byte[] bytes) {
    if (bytes == null) {
      return null;
    }
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      long version = in.readLong();
      int partition = in.readInt();
      long offset = in.readLong();
      long appendedAt = in.readLong();
      T value = in.readBoolean() ? read(in) : null;
      return new Reference<>(key, value, version, partition, offset, appendedAt);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static final class ProductFormat extends ReferenceFormat<Product> {
    @Override
    Decoded<Product> decode(byte[] value) {
      return ProductCodec.decode(value);
    }

    @Override
    String keyOf(Product product) {
      return product.productId();
    }

    @Override
    long versionOf(Product product) {
      return product.version();
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
    Decoded<Customer> decode(byte[] value) {
      return CustomerCodec.decode(value);
    }

    @Override
    String keyOf(Customer customer) {
      return customer.customerId();
    }

    @Override
    long versionOf(Customer customer) {
      return customer.version();
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
