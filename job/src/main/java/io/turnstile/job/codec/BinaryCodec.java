package io.turnstile.job.codec;

import io.turnstile.decision.codec.BinaryRecords;
import io.turnstile.events.SourcePosition;
import java.io.IOException;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.flink.util.function.ThrowingConsumer;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

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

  /**
   * Writes a part that {@link #readBlock} reads at once. Flink restores operator state from an
   * unbuffered file: there, each number read by itself costs its own calls of the system.
   */
  public static void writeBlock(
      ThrowingConsumer<DataOutputView, IOException> part, DataOutputView out) throws IOException {
    DataOutputSerializer block = new DataOutputSerializer(1 << 10);
    part.accept(block);
    out.writeInt(block.length());
    out.write(block.getSharedBuffer(), 0, block.length());
  }

  /** What {@link #writeBlock} wrote, in memory. */
  public static DataInputView readBlock(DataInputView in) throws IOException {
    return new DataInputDeserializer(readBytes(in));
  }

  /** Any string without lone surrogates, unlike {@code writeUTF} of any length; null is kept. */
  public static void writeText(String text, DataOutputView out) throws IOException {
    BinaryRecords.writeText(text, out);
  }

  public static String readText(DataInputView in) throws IOException {
    return BinaryRecords.readText(in);
  }

  /** In their order; values may be null. */
  public static void writeHeaders(Headers headers, DataOutputView out) throws IOException {
    Header[] all = headers.toArray();
    out.writeInt(all.length);
    for (Header header : all) {
      writeText(header.key(), out);
      writeBytes(header.value(), out);
    }
  }

  public static Headers readHeaders(DataInputView in) throws IOException {
    Headers headers = new RecordHeaders();
    for (int left = in.readInt(); left > 0; left--) {
      headers.add(readText(in), readBytes(in));
    }
    return headers;
  }

  public static void writePosition(SourcePosition position, DataOutputView out) throws IOException {
    writeText(position.topic(), out);
    out.writeInt(position.partition());
    out.writeLong(position.offset());
  }

  public static SourcePosition readPosition(DataInputView in) throws IOException {
    return new SourcePosition(readText(in), in.readInt(), in.readLong());
  }
}
