package io.turnstile.bench.peers;

import io.turnstile.bench.peers.TurnstileProcessor.Input;
import io.turnstile.decision.codec.BinaryRecords;
import io.turnstile.decision.reference.Reference;
import io.turnstile.decision.reference.ReferenceHistory;
import io.turnstile.events.Customer;
import io.turnstile.events.Product;
import io.turnstile.events.SourcePosition;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;

/** Binary forms of what is in the stores: they are faster to read than JSON. Thread-safe. */
final class StoreSerdes {

  static final Serde<ReferenceHistory<Product>> PRODUCTS =
      histories(BinaryRecords::writeProduct, BinaryRecords::readProduct);
  static final Serde<ReferenceHistory<Customer>> CUSTOMERS =
      histories(BinaryRecords::writeCustomer, BinaryRecords::readCustomer);

  static final Serde<Input> INPUT =
      of(
          (input, out) -> {
            out.writeUTF(input.position().topic());
            out.writeInt(input.position().partition());
            out.writeLong(input.position().offset());
            out.writeLong(input.receivedAt());
            BinaryRecords.writeTransaction(input.transaction(), out);
          },
          in ->
              new Input(
                  new SourcePosition(in.readUTF(), in.readInt(), in.readLong()),
                  in.readLong(),
                  BinaryRecords.readTransaction(in)));

  interface Writer<T> {
    void write(T value, DataOutputStream out) throws IOException;
  }

  interface Reader<T> {
    T read(DataInputStream in) throws IOException;
  }

  private StoreSerdes() {}

  private static <T> Serde<ReferenceHistory<T>> histories(Writer<T> writer, Reader<T> reader) {
    Writer<Reference<T>> referenceWriter =
        (reference, out) -> {
          BinaryRecords.writeText(reference.key(), out);
          writer.write(reference.value(), out);
          out.writeLong(reference.version());
          out.writeInt(reference.partition());
          out.writeLong(reference.offset());
          out.writeLong(reference.appendedAt());
        };
    Reader<Reference<T>> referenceReader =
        in ->
            new Reference<>(
                BinaryRecords.readText(in),
                reader.read(in),
                in.readLong(),
                in.readInt(),
                in.readLong(),
                in.readLong());
    return of(
        (history, out) -> {
          if (history.deleted() != null) {
            referenceWriter.write(history.deleted(), out);
          }
          writeAll(history.versions(), referenceWriter, out);
        },
        in -> {
          List<Reference<T>> all = readAll(referenceReader, in);
          return all.get(0).isDelete()
              ? new ReferenceHistory<>(all.get(0), all.subList(1, all.size()))
              : new ReferenceHistory<>(null, all);
        });
  }

  private static <T> void writeAll(List<T> values, Writer<T> writer, DataOutputStream out)
      throws IOException {
    for (T value : values) {
      writer.write(value, out);
    }
  }

  /** Reads up to the end. */
  static <T> List<T> readAll(Reader<T> reader, DataInputStream in) throws IOException {
    List<T> values = new ArrayList<>(1);
    while (in.available() > 0) {
      values.add(reader.read(in));
    }
    return values;
  }

  private static <T> Serde<T> of(Writer<T> writer, Reader<T> reader) {
    return Serdes.serdeFrom(
        (topic, value) -> value == null ? null : write(value, writer),
        (topic, bytes) -> bytes == null ? null : read(bytes, reader));
  }

  static <T> byte[] write(T value, Writer<T> writer) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      writer.write(value, out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static <T> T read(byte[] bytes, Reader<T> reader) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      return reader.read(in);
    } catch (IOException e) {
      throw new UncheckedIOException("state is broken", e);
    }
  }
}
