package io.turnstile.job.commit.journal;

import io.turnstile.job.codec.BinaryCodec;
import io.turnstile.job.codec.RecordSerializer;
import io.turnstile.job.codec.StateFormat;
import io.turnstile.job.read.PositionSet;
import java.io.IOException;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * One lane in a checkpoint. Never changed once made.
 *
 * @param lane its number
 * @param identity of the {@link Journal} that the rest is about
 * @param end <em>J</em>: where the lane ended; the tail begins there
 * @param lastSeq <em>S</em>: the lane-seq of the last verdict before it, 0 if there is none
 * @param decided <em>D</em>: inputs whose verdict is committed, and that will be replayed
 */
record LaneCheckpoint(
    int lane,
    SortedMap<String, String> identity,
    LanePosition end,
    long lastSeq,
    PositionSet decided) {

  LaneCheckpoint {
    identity = Collections.unmodifiableSortedMap(identity);
  }

  /**
   * Requires that this is about a journal.
   *
   * @param now identity of the journal
   * @param target see {@link LaneJournal#target}
   */
  void requireTakenOf(SortedMap<String, String> now, String target)
      throws JournalException.Refused {
    SortedMap<String, String> differences = new TreeMap<>();
    now.forEach(
        (fact, value) -> {
          String was = identity.get(fact);
          if (!value.equals(was)) {
            differences.put(fact, "was " + was + ", is " + value);
          }
        });
    if (!differences.isEmpty()) {
      throw new JournalException.Refused(
          "lane "
              + lane
              + ": the checkpoint was taken with other "
              + target
              + " "
              + differences
              + ": restore it with those, or start without it");
    }
  }

  /** Binary form of {@link LaneCheckpoint}. */
  static final class Serializer extends RecordSerializer<LaneCheckpoint> {
    static final Serializer INSTANCE = new Serializer();
    private static final int FORMAT = 1;

    @Override
    public void serialize(LaneCheckpoint state, DataOutputView out) throws IOException {
      out.writeByte(FORMAT);
      out.writeInt(state.lane);
      out.writeInt(state.identity.size());
      for (Map.Entry<String, String> entry : state.identity.entrySet()) {
        BinaryCodec.writeText(entry.getKey(), out);
        BinaryCodec.writeText(entry.getValue(), out);
      }
      BinaryCodec.writeBytes(state.end.bytes(), out);
      out.writeLong(state.lastSeq);
      state.decided.write(out);
    }

    @Override
    public LaneCheckpoint deserialize(DataInputView in) throws IOException {
      StateFormat.expect(FORMAT, in.readByte(), LaneCheckpoint.class);
      int lane = in.readInt();
      TreeMap<String, String> identity = new TreeMap<>();
      for (int left = in.readInt(); left > 0; left--) {
        identity.put(BinaryCodec.readText(in), BinaryCodec.readText(in));
      }
      LanePosition end = LanePosition.of(BinaryCodec.readBytes(in));
      return new LaneCheckpoint(lane, identity, end, in.readLong(), PositionSet.read(in));
    }

    @Override
    public TypeSerializerSnapshot<LaneCheckpoint> snapshotConfiguration() {
      return new Snapshot();
    }

    /** Finds the serializer again on restore. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<LaneCheckpoint> {
      public Snapshot() {
        super(() -> INSTANCE);
      }
    }
  }
}
