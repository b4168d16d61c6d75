package io.turnstile.job.read;

import io.turnstile.decision.reference.Reference;
import io.turnstile.events.Customer;
import io.turnstile.events.CustomerCodec;
import io.turnstile.events.Decoded;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import io.turnstile.job.codec.BinaryCodec;
import io.turnstile.job.codec.RecordSerializer;
import io.turnstile.job.codec.RecordType;
import io.turnstile.job.codec.StateFormat;
import java.io.IOException;
import java.io.Serializable;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * What the job must know of a kind of reference data.
 *
 * @param <T> the record type
 */
public abstract class ReferenceKind<T> implements Serializable {

  public static final ReferenceKind<Product> PRODUCT = new ProductKind();
  public static final ReferenceKind<Customer> CUSTOMER = new CustomerKind();

  private ReferenceKind() {}

  /** Reads a record's value that is not null. */
  public abstract Decoded<T> decode(byte[] value);

  /** The key field in the record itself. */
  public abstract String keyOf(T record);

  public abstract long versionOf(T record);

  /** The serializer of {@link Reference}s of this kind, in flight and in state. */
  public abstract RecordSerializer<Reference<T>> serializer();

  /** The type of a stream of {@link Reference}s of this kind. */
  @SuppressWarnings("unchecked")
  public final RecordType<Reference<T>> type() {
    return new RecordType<>((Class<Reference<T>>) (Class<?>) Reference.class, serializer());
  }

  private static final class ProductKind extends ReferenceKind<Product> {
    @Override
    public Decoded<Product> decode(byte[] value) {
      return ProductCodec.decode(value);
    }

    @Override
    public String keyOf(Product product) {
      return product.productId();
    }

    @Override
    public long versionOf(Product product) {
      return product.version();
    }

    @Override
    public RecordSerializer<Reference<Product>> serializer() {
      return ProductSerializer.INSTANCE;
    }
  }

  private static final class CustomerKind extends ReferenceKind<Customer> {
    @Override
    public Decoded<Customer> decode(byte[] value) {
      return CustomerCodec.decode(value);
    }

    @Override
    public String keyOf(Customer customer) {
      return customer.customerId();
    }

    @Override
    public long versionOf(Customer customer) {
      return customer.version();
    }

    @Override
    public RecordSerializer<Reference<Customer>> serializer() {
      return CustomerSerializer.INSTANCE;
    }
  }

  /** Binary form of a {@link Reference}, in flight and in state. */
  private abstract static class ReferenceSerializer<T> extends RecordSerializer<Reference<T>> {
    private static final int FORMAT = 1;

    abstract void write(T value, DataOutputView out) throws IOException;

    abstract T read(DataInputView in) throws IOException;

    @Override
    public void serialize(Reference<T> reference, DataOutputView out) throws IOException {
      out.writeByte(FORMAT);
      BinaryCodec.writeText(reference.key(), out);
      write(reference.value(), out);
      out.writeLong(reference.version());
      out.writeInt(reference.partition());
      out.writeLong(reference.offset());
      out.writeLong(reference.appendedAt());
    }

    @Override
    public Reference<T> deserialize(DataInputView in) throws IOException {
      StateFormat.expect(FORMAT, in.readByte(), Reference.class);
      return new Reference<>(
          BinaryCodec.readText(in),
          read(in),
          in.readLong(),
          in.readInt(),
          in.readLong(),
          in.readLong());
    }
  }

  /** Binary form of a product's {@link Reference}. */
  public static final class ProductSerializer extends ReferenceSerializer<Product> {
    static final ProductSerializer INSTANCE = new ProductSerializer();

    @Override
    void write(Product product, DataOutputView out) throws IOException {
      BinaryCodec.writeProduct(product, out);
    }

    @Override
    Product read(DataInputView in) throws IOException {
      return BinaryCodec.readProduct(in);
    }

    @Override
    public TypeSerializerSnapshot<Reference<Product>> snapshotConfiguration() {
      return new ProductSnapshot();
    }

    /** Finds the serializer again on restore. */
    public static final class ProductSnapshot
        extends SimpleTypeSerializerSnapshot<Reference<Product>> {
      public ProductSnapshot() {
        super(() -> INSTANCE);
      }
    }
  }

  /** Binary form of a customer's {@link Reference}. */
  public static final class CustomerSerializer extends ReferenceSerializer<Customer> {
    static final CustomerSerializer INSTANCE = new CustomerSerializer();

    @Override
    void write(Customer customer, DataOutputView out) throws IOException {
      BinaryCodec.writeCustomer(customer, out);
    }

    @Override
    Customer read(DataInputView in) throws IOException {
      return BinaryCodec.readCustomer(in);
    }

    @Override
    public TypeSerializerSnapshot<Reference<Customer>> snapshotConfiguration() {
      return new CustomerSnapshot();
    }

    /** Finds the serializer again on restore. */
    public static final class CustomerSnapshot
        extends SimpleTypeSerializerSnapshot<Reference<Customer>> {
      public CustomerSnapshot() {
        super(() -> INSTANCE);
      }
    }
  }
}
