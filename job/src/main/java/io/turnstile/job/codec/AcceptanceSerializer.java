package io.turnstile.job.codec;

import io.turnstile.decision.codec.BinaryRecords;
import io.turnstile.decision.dedup.Acceptance;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Binary form of {@link Acceptance} in state. */
public final class AcceptanceSerializer extends RecordSerializer<Acceptance> {
  public static final AcceptanceSerializer INSTANCE = new AcceptanceSerializer();
  private static final int FORMAT = 1;

  @Override
  public void serialize(Acceptance acceptance, DataOutputView out) throws IOException {
    out.writeByte(FORMAT);
    BinaryRecords.writeAcceptance(acceptance, out);
  }

  @Override
  public Acceptance deserialize(DataInputView in) throws IOException {
    StateFormat.expect(FORMAT, in.readByte(), Acceptance.class);
    return BinaryRecords.readAcceptance(in);
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
