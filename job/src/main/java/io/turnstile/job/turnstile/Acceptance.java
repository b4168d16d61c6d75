package io.turnstile.job.turnstile;

import io.turnstile.events.ContentHash;
import io.turnstile.job.stream.Format;
import io.turnstile.job.stream.RecordSerializer;
import io.turnstile.job.stream.Wire;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * That one input of a customer was accepted: what dedup remembers.
 *
 * @param partition of the input in the transactions topic
 * @param offset of the input in it
 * @param receivedAt the broker's append time of the input, epoch milliseconds
 * @param decidedAt the job's clock at the decision, epoch milliseconds; forgetting counts from it
 */
public record Acceptance(
    String transactionId,
    ContentHash contentHash,
    int partition,
    long offset,
    long receivedAt,
    long decidedAt) {

  boolean isOfInput(int otherPartition, long otherOffset) {
    return partition == otherPartition && offset == otherOffset;
  }

  /** Binary form of {@link Acceptance} in state. */
  public static final class Serializer extends RecordSerializer<Acceptance> {
    public static final Serializer INSTANCE = new Serializer();
    private static final int FORMAT = 1;
    private static final int HASH_BYTES = 32;

    @Override
    public void serialize(Acceptance acceptance, DataOutputView out) throws IOException {
      out.writeByte(FORMAT);
      Wire.writeText(acceptance.transactionId, out);
      out.write(acceptance.contentHash.toBytes());
      out.writeInt(acceptance.partition);
      out.writeLong(acceptance.offset);
      out.writeLong(acceptance.receivedAt);
      out.writeLong(acceptance.decidedAt);
    }

    @Override
    public Acceptance deserialize(DataInputView in) throws IOException {
      Format.expect(FORMAT, in.readByte(), Acceptance.class);
      String transactionId = Wire.readText(in);
      byte[] hash = new byte[HASH_BYTES];
      in.readFully(hash);
      return new Acceptance(
          transactionId,
          ContentHash.ofBytes(hash),
          in.readInt(),
          in.readLong(),
          in.readLong(),
          in.readLong());
    }

    @Override
    public TypeSerializerSnapshot<Acceptance> snapshotConfiguration() {
      return new Snapshot();
    }

    /** Finds the serializer again on restore. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<Acceptance> {
      public Snapshot() {
        super(() -> INSTANCE);
      }
    }
  }
}
