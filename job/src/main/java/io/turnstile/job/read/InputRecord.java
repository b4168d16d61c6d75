package io.turnstile.job.read;

import io.turnstile.events.SourcePosition;
import io.turnstile.job.codec.BinaryCodec;
import io.turnstile.job.codec.RecordSerializer;
import io.turnstile.job.codec.RecordType;
import io.turnstile.job.codec.StateFormat;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * A record of an input topic, not parsed yet.
 *
 * @param position where
 * @param receivedAt the broker's append time, epoch milliseconds
 * @param key the bytes of the key, may be null
 * @param value the bytes of the value, may be null
 * @param headers as {@link io.turnstile.events.InputHeaders#limit} leaves them
 */
// The arrays are never written to: the record is handed on, not copied.
@SuppressWarnings("ArrayRecordComponent")
public record InputRecord(
    SourcePosition position, long receivedAt, byte[] key, byte[] value, Headers headers) {

  private static final Headers NO_HEADERS = new RecordHeaders();

  public static final RecordType<InputRecord> TYPE =
      new RecordType<>(InputRecord.class, Serializer.INSTANCE);

  /** One that has no headers. */
  public InputRecord(SourcePosition position, long receivedAt, byte[] key, byte[] value) {
    this(position, receivedAt, key, value, NO_HEADERS);
  }

  private InputRecord with(Headers others) {
    return new InputRecord(position, receivedAt, key, value, others);
  }

  /** Binary form of {@link InputRecord}; also of state: waiting for a key. Holds the token. */
  public static final class Serializer extends RecordSerializer<InputRecord> {
    public static final Serializer INSTANCE = new Serializer();
    private static final int FORMAT = 1;
    private static final int FORMAT_WITH_HEADERS = 2;

    @Override
    public void serialize(InputRecord record, DataOutputView out) throws IOException {
      boolean hasHeaders = record.headers.iterator().hasNext();
      out.writeByte(hasHeaders ? FORMAT_WITH_HEADERS : FORMAT);
      BinaryCodec.writePosition(record.position, out);
      out.writeLong(record.receivedAt);
      BinaryCodec.writeBytes(record.key, out);
      BinaryCodec.writeBytes(record.value, out);
      if (hasHeaders) {
        BinaryCodec.writeHeaders(record.headers, out);
      }
    }

    @Override
    public InputRecord deserialize(DataInputView in) throws IOException {
      int format = in.readByte();
      if (format != FORMAT_WITH_HEADERS) {
        StateFormat.expect(FORMAT, format, InputRecord.class);
      }
      InputRecord plain =
          new InputRecord(
              BinaryCodec.readPosition(in),
              in.readLong(),
              BinaryCodec.readBytes(in),
              BinaryCodec.readBytes(in));
      return format == FORMAT ? plain : plain.with(BinaryCodec.readHeaders(in));
    }

    @Override
    public TypeSerializerSnapshot<InputRecord> snapshotConfiguration() {
      return new Snapshot();
    }

    /** Finds the serializer again on restore. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<InputRecord> {
      public Snapshot() {
        super(() -> INSTANCE);
      }
    }
  }
}
