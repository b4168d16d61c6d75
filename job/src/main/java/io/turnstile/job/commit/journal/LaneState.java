package io.turnstile.job.commit.journal;

import io.turnstile.job.codec.BinaryCodec;
import io.turnstile.job.codec.RecordSerializer;
import io.turnstile.job.codec.StateFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * What a checkpoint holds of a lane. Never written to once made.
 *
 * @param lane its number
 * @param identity of the {@link Journal} that the rest is about
 * @param end <em>J</em>: where the lane ended; what stands from there on is the tail
 * @param lastSeq <em>S</em>: the lane-seq of the last verdict before it, 0 if there is none
 * @param decided <em>D</em>: inputs whose verdict is committed, and which will come by once more
 */
record LaneState(
    int lane,
    SortedMap<String, String> identity,
    LaneOffsets end,
    long lastSeq,
    PositionSet decided) {

  LaneState {
    identity = Collections.unmodifiableSortedMap(identity);
  }

  /** Binary form of {@link LaneState}. */
  static final class Serializer extends RecordSerializer<LaneState> {
    static final Serializer INSTANCE = new Serializer();
    private static final int FORMAT = 1;

    @Override
    public void serialize(LaneState state, DataOutputView out) throws IOException {
      out.writeByte(FORMAT);
      out.writeInt(state.lane);
      out.writeInt(state.identity.size());
      for (Map.Entry<String, String> entry : state.identity.entrySet()) {
        BinaryCodec.writeText(entry.getKey(), out);
        BinaryCodec.writeText(entry.getValue(), out);
      }
      out.writeInt(state.end.offsets().size());
      for (long offset : state.end.offsets()) {
        out.writeLong(offset);
      }
      out.writeLong(state.lastSeq);
      state.decided.write(out);
    }

    @Override
    public LaneState deserialize(DataInputView in) throws IOException {
      StateFormat.expect(FORMAT, in.readByte(), LaneState.class);
      int lane = in.readInt();
      TreeMap<String, String> identity = new TreeMap<>();
      for (int left = in.readInt(); left > 0; left--) {
        identity.put(BinaryCodec.readText(in), BinaryCodec.readText(in));
      }
      List<Long> end = new ArrayList<>();
      for (int left = in.readInt(); left > 0; left--) {
        end.add(in.readLong());
      }
      return new LaneState(
          lane, identity, new LaneOffsets(end), in.readLong(), PositionSet.read(in));
    }

    @Override
    public TypeSerializerSnapshot<LaneState> snapshotConfiguration() {
      return new Snapshot();
    }

    /** Finds the serializer again on restore. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<LaneState> {
      public Snapshot() {
        super(() -> INSTANCE);
      }
    }
  }
}
