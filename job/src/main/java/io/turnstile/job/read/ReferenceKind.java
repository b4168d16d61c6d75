package io.turnstile.job.read;

import io.turnstile.clients.ReferenceSpec.KeyedBy;
import io.turnstile.decision.codec.BinaryRecords;
import io.turnstile.decision.reference.Reference;
import io.turnstile.decision.reference.ReferenceDecoder;
import io.turnstile.decision.reference.ReferenceHistory;
import io.turnstile.events.Customer;
import io.turnstile.events.Product;
import io.turnstile.events.ReferenceDocument;
import io.turnstile.job.codec.BinaryCodec;
import io.turnstile.job.codec.RecordSerializer;
import io.turnstile.job.codec.RecordType;
import io.turnstile.job.codec.StateFormat;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * A kind of reference data, with all that the job must know of it.
 *
 * @param <T> the record type
 */
public abstract class ReferenceKind<T> implements Serializable {

  public static final ReferenceKind<Product> PRODUCT = new ProductKind();
  public static final ReferenceKind<Customer> CUSTOMER = new CustomerKind();

  /** What a named reference knows of products. */
  public static final ReferenceKind<ReferenceDocument> OF_PRODUCT =
      new DocumentKind(KeyedBy.PRODUCT);

  /** What a named reference knows of customers. */
  public static final ReferenceKind<ReferenceDocument> OF_CUSTOMER =
      new DocumentKind(KeyedBy.CUSTOMER);

  private ReferenceKind() {}

  /** Reads the topic's records. */
  public abstract ReferenceDecoder<T> decoder();

  /** The serializer of {@link Reference}s of this kind, in flight. */
  public abstract RecordSerializer<Reference<T>> serializer();

  /** The serializer of what they add up to, in state. */
  public abstract RecordSerializer<ReferenceHistory<T>> historySerializer();

  /** The type of a stream of {@link Reference}s of this kind. */
  @SuppressWarnings("unchecked")
  public final RecordType<Reference<T>> type() {
    return new RecordType<>((Class<Reference<T>>) (Class<?>) Reference.class, serializer());
  }

  private static final class ProductKind extends ReferenceKind<Product> {
    @Override
    public ReferenceDecoder<Product> decoder() {
      return ReferenceDecoder.PRODUCT;
    }

    @Override
    public RecordSerializer<Reference<Product>> serializer() {
      return ProductSerializer.INSTANCE;
    }

    @Override
    public RecordSerializer<ReferenceHistory<Product>> historySerializer() {
      return ProductHistorySerializer.INSTANCE;
    }
  }

  private static final class CustomerKind extends ReferenceKind<Customer> {
    @Override
    public ReferenceDecoder<Customer> decoder() {
      return ReferenceDecoder.CUSTOMER;
    }

    @Override
    public RecordSerializer<Reference<Customer>> serializer() {
      return CustomerSerializer.INSTANCE;
    }

    @Override
    public RecordSerializer<ReferenceHistory<Customer>> historySerializer() {
      return CustomerHistorySerializer.INSTANCE;
    }
  }

  private static final class DocumentKind extends ReferenceKind<ReferenceDocument> {
    private final KeyedBy keyedBy;

    private DocumentKind(KeyedBy keyedBy) {
      this.keyedBy = keyedBy;
    }

    @Override
    public ReferenceDecoder<ReferenceDocument> decoder() {
      return keyedBy == KeyedBy.PRODUCT
          ? ReferenceDecoder.OF_PRODUCT
          : ReferenceDecoder.OF_CUSTOMER;
    }

    @Override
    public RecordSerializer<Reference<ReferenceDocument>> serializer() {
      return DocumentSerializer.INSTANCE;
    }

    @Override
    public RecordSerializer<ReferenceHistory<ReferenceDocument>> historySerializer() {
      return DocumentHistorySerializer.INSTANCE;
    }
  }

  /** Binary form of a {@link Reference}. */
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
      BinaryRecords.writeProduct(product, out);
    }

    @Override
    Product read(DataInputView in) throws IOException {
      return BinaryRecords.readProduct(in);
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
      BinaryRecords.writeCustomer(customer, out);
    }

    @Override
    Customer read(DataInputView in) throws IOException {
      return BinaryRecords.readCustomer(in);
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

  /** Binary form of a document's {@link Reference}. */
  public static final class DocumentSerializer extends ReferenceSerializer<ReferenceDocument> {
    static final DocumentSerializer INSTANCE = new DocumentSerializer();

    @Override
    void write(ReferenceDocument document, DataOutputView out) throws IOException {
      BinaryRecords.writeDocument(document, out);
    }

    @Override
    ReferenceDocument read(DataInputView in) throws IOException {
      return BinaryRecords.readDocument(in);
    }

    @Override
    public TypeSerializerSnapshot<Reference<ReferenceDocument>> snapshotConfiguration() {
      return new DocumentSnapshot();
    }

    /** Finds the serializer again on restore. */
    public static final class DocumentSnapshot
        extends SimpleTypeSerializerSnapshot<Reference<ReferenceDocument>> {
      public DocumentSnapshot() {
        super(() -> INSTANCE);
      }
    }
  }

  /** Binary form of a {@link ReferenceHistory}: the delete, if any, then the versions. */
  private abstract static class HistorySerializer<T> extends RecordSerializer<ReferenceHistory<T>> {
    private static final int FORMAT = 1;

    abstract RecordSerializer<Reference<T>> records();

    @Override
    public void serialize(ReferenceHistory<T> history, DataOutputView out) throws IOException {
      out.writeByte(FORMAT);
      out.writeBoolean(history.deleted() != null);
      if (history.deleted() != null) {
        records().serialize(history.deleted(), out);
      }
      out.writeByte(history.versions().size());
      for (Reference<T> version : history.versions()) {
        records().serialize(version, out);
      }
    }

    @Override
    public ReferenceHistory<T> deserialize(DataInputView in) throws IOException {
      StateFormat.expect(FORMAT, in.readByte(), ReferenceHistory.class);
      Reference<T> deleted = in.readBoolean() ? records().deserialize(in) : null;
      int count = in.readUnsignedByte();
      List<Reference<T>> versions = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        versions.add(records().deserialize(in));
      }
      return new ReferenceHistory<>(deleted, versions);
    }
  }

  /** Binary form of a product's {@link ReferenceHistory}. */
  public static final class ProductHistorySerializer extends HistorySerializer<Product> {
    static final ProductHistorySerializer INSTANCE = new ProductHistorySerializer();

    @Override
    RecordSerializer<Reference<Product>> records() {
      return ProductSerializer.INSTANCE;
    }

    @Override
    public TypeSerializerSnapshot<ReferenceHistory<Product>> snapshotConfiguration() {
      return new ProductHistorySnapshot();
    }

    /** Finds the serializer again on restore. */
    public static final class ProductHistorySnapshot
        extends SimpleTypeSerializerSnapshot<ReferenceHistory<Product>> {
      public ProductHistorySnapshot() {
        super(() -> INSTANCE);
      }
    }
  }

  /** Binary form of a customer's {@link ReferenceHistory}. */
  public static final class CustomerHistorySerializer extends HistorySerializer<Customer> {
    static final CustomerHistorySerializer INSTANCE = new CustomerHistorySerializer();

    @Override
    RecordSerializer<Reference<Customer>> records() {
      return CustomerSerializer.INSTANCE;
    }

    @Override
    public TypeSerializerSnapshot<ReferenceHistory<Customer>> snapshotConfiguration() {
      return new CustomerHistorySnapshot();
    }

    /** Finds the serializer again on restore. */
    public static final class CustomerHistorySnapshot
        extends SimpleTypeSerializerSnapshot<ReferenceHistory<Customer>> {
      public CustomerHistorySnapshot() {
        super(() -> INSTANCE);
      }
    }
  }

  /** Binary form of a document's {@link ReferenceHistory}. */
  public static final class DocumentHistorySerializer extends HistorySerializer<ReferenceDocument> {
    static final DocumentHistorySerializer INSTANCE = new DocumentHistorySerializer();

    @Override
    RecordSerializer<Reference<ReferenceDocument>> records() {
      return DocumentSerializer.INSTANCE;
    }

    @Override
    public TypeSerializerSnapshot<ReferenceHistory<ReferenceDocument>> snapshotConfiguration() {
      return new DocumentHistorySnapshot();
    }

    /** Finds the serializer again on restore. */
    public static final class DocumentHistorySnapshot
        extends SimpleTypeSerializerSnapshot<ReferenceHistory<ReferenceDocument>> {
      public DocumentHistorySnapshot() {
        super(() -> INSTANCE);
      }
    }
  }
}
