package io.turnstile.job.codec;

import io.turnstile.decision.dedup.Acceptance;
import io.turnstile.events.ContentHash;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Binary form of {@link Acceptance} in state. There are two for every transaction that is accepted:
 * each byte more is written, merged and copied for all of them.
 */
public final class AcceptanceSerializer extends RecordSerializer<Acceptance> {
  public static final AcceptanceSerializer INSTANCE = new AcceptanceSerializer();
  private static final int FORMAT = 1;
  private static final int HASH_BYTES = 32;

  @Override
  public void serialize(Acceptance acceptance, DataOutputView out) throws IOException {
    out.writeByte(FORMAT);
    BinaryCodec.writeVarLong(acceptance.partition(), out);
    BinaryCodec.writeVarLong(acceptance.offset(), out);
    BinaryCodec.writeVarLong(acceptance.receivedAt(), out);
    BinaryCodec.writeVarLong(acceptance.decidedAt() - acceptance.receivedAt(), out);
    out.writeBoolean(acceptance.contentHash() != null);
    if (acceptance.contentHash() != null) {
      out.write(acceptance.contentHash().toBytes());
    }
    out.writeBoolean(acceptance.transactionId() != null);
    if (acceptance.transactionId() != null) {
      byte[] utf8 = acceptance.transactionId().getBytes(StandardCharsets.UTF_8);
      BinaryCodec.writeVarLong(utf8.length, out);
      out.write(utf8);
    }
  }

  @Override
  public Acceptance deserialize(DataInputView in) throws IOException {
    StateFormat.expect(FORMAT, in.readByte(), Acceptance.class);
    int partition = (int) BinaryCodec.readVarLong(in);
    long offset = BinaryCodec.readVarLong(in);
    long receivedAt = BinaryCodec.readVarLong(in);
    long decidedAt = receivedAt + BinaryCodec.readVarLong(in);
    ContentHash contentHash = in.readBoolean() ? readHash(in) : null;
    String transactionId = null;
    if (in.readBoolean()) {
      byte[] utf8 = new byte[(int) BinaryCodec.readVarLong(in)];
      in.readFully(utf8);
      transactionId = new String(utf8, StandardCharsets.UTF_8);
    }
    return new Acceptance(transactionId, contentHash, partition, offset, receivedAt, decidedAt);
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
