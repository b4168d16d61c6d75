package io.turnstile.job.codec;

import io.turnstile.events.ContentHash;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Binary form of a {@link ContentHash} as a key in state. */
public final class ContentHashSerializer extends RecordSerializer<ContentHash> {

  public static final ContentHashSerializer INSTANCE = new ContentHashSerializer();
  private static final int BYTES = 32;

  @Override
  public void serialize(ContentHash hash, DataOutputView out) throws IOException {
    out.write(hash.toBytes());
  }

  @Override
  public ContentHash deserialize(DataInputView in) throws IOException {
    byte[] bytes = new byte[BYTES];
    in.readFully(bytes);
    return ContentHash.ofBytes(bytes);
  }

  @Override
  public TypeSerializerSnapshot<ContentHash> snapshotConfiguration() {
    return new Snapshot();
  }

  /** Finds the serializer again on restore. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<ContentHash> {
    public Snapshot() {
      super(() -> INSTANCE);
    }
  }
}
