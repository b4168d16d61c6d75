package io.turnstile.job.codec;

import io.turnstile.decision.token.Jwks;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Binary form of {@link Jwks} in state. */
public final class JwksSerializer extends RecordSerializer<Jwks> {
  public static final JwksSerializer INSTANCE = new JwksSerializer();
  private static final int FORMAT = 1;

  @Override
  public void serialize(Jwks jwks, DataOutputView out) throws IOException {
    out.writeByte(FORMAT);
    BinaryCodec.writeText(jwks.location(), out);
    BinaryCodec.writeText(jwks.text(), out);
    out.writeLong(jwks.readAt());
  }

  @Override
  public Jwks deserialize(DataInputView in) throws IOException {
    StateFormat.expect(FORMAT, in.readByte(), Jwks.class);
    return new Jwks(BinaryCodec.readText(in), BinaryCodec.readText(in), in.readLong());
  }

  @Override
  public TypeSerializerSnapshot<Jwks> snapshotConfiguration() {
    return new Snapshot();
  }

  /** Finds the serializer again on restore. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<Jwks> {
    public Snapshot() {
      super(() -> INSTANCE);
    }
  }
}
