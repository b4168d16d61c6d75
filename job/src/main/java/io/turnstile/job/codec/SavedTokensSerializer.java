package io.turnstile.job.codec;

import io.turnstile.decision.token.SavedTokens;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Binary form of {@link SavedTokens} in state. */
public final class SavedTokensSerializer extends RecordSerializer<SavedTokens> {
  public static final SavedTokensSerializer INSTANCE = new SavedTokensSerializer();
  private static final int FORMAT = 2;

  /** The same without a block around it. */
  private static final int FIRST_FORMAT = 1;

  @Override
  public void serialize(SavedTokens saved, DataOutputView out) throws IOException {
    out.writeByte(FORMAT);
    BinaryCodec.writeBlock(block -> write(saved, block), out);
  }

  private static void write(SavedTokens saved, DataOutputView out) throws IOException {
    BinaryCodec.writeText(saved.rules(), out);
    out.writeInt(saved.byKey().size());
    for (Map.Entry<String, List<SavedTokens.Token>> ofKey : saved.byKey().entrySet()) {
      BinaryCodec.writeText(ofKey.getKey(), out);
      out.writeInt(ofKey.getValue().size());
      for (SavedTokens.Token token : ofKey.getValue()) {
        BinaryCodec.writeBytes(token.hash().array(), out);
        BinaryCodec.writeText(token.subject(), out);
        out.writeLong(token.expiresAt());
        out.writeLong(token.validFrom());
      }
    }
  }

  @Override
  public SavedTokens deserialize(DataInputView in) throws IOException {
    byte format = in.readByte();
    if (format == FIRST_FORMAT) {
      return read(in);
    }
    StateFormat.expect(FORMAT, format, SavedTokens.class);
    return read(BinaryCodec.readBlock(in));
  }

  private static SavedTokens read(DataInputView in) throws IOException {
    String rules = BinaryCodec.readText(in);
    Map<String, List<SavedTokens.Token>> byKey = new HashMap<>();
    for (int keys = in.readInt(); keys > 0; keys--) {
      String key = BinaryCodec.readText(in);
      int count = in.readInt();
      List<SavedTokens.Token> tokens = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        tokens.add(
            new SavedTokens.Token(
                ByteBuffer.wrap(BinaryCodec.readBytes(in)),
                BinaryCodec.readText(in),
                in.readLong(),
                in.readLong()));
      }
      byKey.put(key, tokens);
    }
    return new SavedTokens(rules, byKey);
  }

  @Override
  public TypeSerializerSnapshot<SavedTokens> snapshotConfiguration() {
    return new Snapshot();
  }

  /** Finds the serializer again on restore. */
  public static final class Snapshot extends SimpleTypeSerializerSnapshot<SavedTokens> {
    public Snapshot() {
      super(() -> INSTANCE);
    }
  }
}
