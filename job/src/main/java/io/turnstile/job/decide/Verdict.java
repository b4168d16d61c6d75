package io.turnstile.job.decide;

import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import io.turnstile.job.codec.BinaryCodec;
import io.turnstile.job.codec.RecordSerializer;
import io.turnstile.job.codec.RecordType;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * A verdict as it goes to Kafka.
 *
 * @param lane the partition
 * @param position the input
 * @param outcome decides the topic
 * @param receivedAt the broker's append time of the input, epoch milliseconds
 * @param key the record's key
 * @param value the record's value
 * @param inputHeaders of a dead letter what it has of its input's headers, else none
 * @param errorCode header of a dead letter, else null
 * @param errorMessage header of a dead letter, else null
 */
@SuppressWarnings("ArrayRecordComponent")
public record Verdict(
    int lane,
    SourcePosition position,
    Outcome outcome,
    long receivedAt,
    byte[] key,
    byte[] value,
    Headers inputHeaders,
    String errorCode,
    String errorMessage) {

  private static final Headers NO_HEADERS = new RecordHeaders();

  public static final RecordType<Verdict> TYPE =
      new RecordType<>(Verdict.class, Serializer.INSTANCE);

  /** One without headers of its input. */
  public Verdict(
      int lane,
      SourcePosition position,
      Outcome outcome,
      long receivedAt,
      byte[] key,
      byte[] value,
      String errorCode,
      String errorMessage) {
    this(lane, position, outcome, receivedAt, key, value, NO_HEADERS, errorCode, errorMessage);
  }

  /** Binary form of {@link Verdict}. */
  public static final class Serializer extends RecordSerializer<Verdict> {
    static final Serializer INSTANCE = new Serializer();

    @Override
    public void serialize(Verdict verdict, DataOutputView out) throws IOException {
      out.writeInt(verdict.lane);
      BinaryCodec.writePosition(verdict.position, out);
      BinaryCodec.writeText(verdict.outcome.name(), out);
      out.writeLong(verdict.receivedAt);
      BinaryCodec.writeBytes(verdict.key, out);
      BinaryCodec.writeBytes(verdict.value, out);
      BinaryCodec.writeHeaders(verdict.inputHeaders, out);
      BinaryCodec.writeText(verdict.errorCode, out);
      BinaryCodec.writeText(verdict.errorMessage, out);
    }

    @Override
    public Verdict deserialize(DataInputView in) throws IOException {
      return new Verdict(
          in.readInt(),
          BinaryCodec.readPosition(in),
          Outcome.valueOf(BinaryCodec.readText(in)),
          in.readLong(),
          BinaryCodec.readBytes(in),
          BinaryCodec.readBytes(in),
          BinaryCodec.readHeaders(in),
          BinaryCodec.readText(in),
          BinaryCodec.readText(in));
    }

    @Override
    public TypeSerializerSnapshot<Verdict> snapshotConfiguration() {
      return new Snapshot();
    }

    /** Finds the serializer again on restore. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<Verdict> {
      public Snapshot() {
        super(() -> INSTANCE);
      }
    }
  }
}
