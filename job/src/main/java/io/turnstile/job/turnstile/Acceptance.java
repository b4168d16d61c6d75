package io.turnstile.job.turnstile;

import io.turnstile.events.ContentHash;
import io.turnstile.job.stream.Format;
import io.turnstile.job.stream.RecordSerializer;
import io.turnstile.job.stream.Wire;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * That one input of a customer was accepted: what dedup remembers. In state, what is the key is not
 * stored again, and null: the id or the hash.
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

  Acceptance withTransactionId(String id) {
    return new Acceptance(id, contentHash, partition, offset, receivedAt, decidedAt);
  }

  Acceptance withContentHash(ContentHash hash) {
    return new Acceptance(transactionId, hash, partition, offset, receivedAt, decidedAt);
  }

  /**
   * Binary form of {@link Acceptance} in state. There are two for every transaction that is
   * accepted: each byte more is written, merged and copied for all of them.
   */
  public static final class Serializer extends RecordSerializer<Acceptance> {
    public static final Serializer INSTANCE = new Serializer();
    private static final int FORMAT = 2;
    private static final int FORMAT_OF_FIXED_LENGTHS = 1;
    private static final int HASH_BYTES = 32;

    @Override
    public void serialize(Acceptance acceptance, DataOutputView out) throws IOException {
      out.writeByte(FORMAT);
      Wire.writeVarLong(acceptance.partition, out);
      Wire.writeVarLong(acceptance.offset, out);
      Wire.writeVarLong(acceptance.receivedAt, out);
      Wire.writeVarLong(acceptance.decidedAt - acceptance.receivedAt, out);
      out.writeBoolean(acceptance.contentHash != null);
      if (acceptance.contentHash != null) {
        out.write(acceptance.contentHash.toBytes());
      }
      out.writeBoolean(acceptance.transactionId != null);
      if (acceptance.transactionId != null) {
        byte[] utf8 = acceptance.transactionId.getBytes(StandardCharsets.UTF_8);
        Wire.writeVarLong(utf8.length, out);
        out.write(utf8);
      }
    }

    @Override
    public Acceptance deserialize(DataInputView in) throws IOException {
      int format = in.readByte();
      if (format == FORMAT_OF_FIXED_LENGTHS) {
        return deserializeFixedLengths(in);
      }
      Format.expect(FORMAT, format, Acceptance.class);
      int partition = (int) Wire.readVarLong(in);
      long offset = Wire.readVarLong(in);
      long receivedAt = Wire.readVarLong(in);
      long decidedAt = receivedAt + Wire.readVarLong(in);
      ContentHash contentHash = in.readBoolean() ? readHash(in) : null;
      String transactionId = null;
      if (in.readBoolean()) {
        byte[] utf8 = new byte[(int) Wire.readVarLong(in)];
        in.readFully(utf8);
        transactionId = new String(utf8, StandardCharsets.UTF_8);
      }
      return new Acceptance(transactionId, contentHash, partition, offset, receivedAt, decidedAt);
    }

    private static Acceptance deserializeFixedLengths(DataInputView in) throws IOException {
      return new Acceptance(
          Wire.readText(in),
          readHash(in),
          in.readInt(),
          in.readLong(),
          in.readLong(),
          in.readLong());
    }

    private static ContentHash readHash(DataInputView in) throws IOException {
      byte[] hash = new byte[HASH_BYTES];
      in.readFully(hash);
      return ContentHash.ofBytes(hash);
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
