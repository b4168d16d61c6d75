package io.turnstile.job.commit.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.events.SourcePosition;
import io.turnstile.job.read.PositionSet;
import java.io.IOException;
import java.util.HexFormat;
import java.util.TreeMap;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.junit.jupiter.api.Test;

class LaneCheckpointTest {

  /** As written by the first release: savepoints of it are to be read by every later one. */
  private static final String FORMAT_1 =
      "0100000003000000020000000a636c757374657220696400000003616263000000056c616e657300"
          + "00000134000000030500ff000000000000002a01000000010000000c7472616e73616374696f6e73"
          + "000000020200000000000000000000003a3000000100000000000100100000000700080000010000"
          + "3a3000000100000000000000100000000000";

  private static LaneCheckpoint sample() {
    PositionSet decided = new PositionSet();
    decided.add(new SourcePosition("transactions", 2, 7));
    decided.add(new SourcePosition("transactions", 2, 8));
    decided.add(new SourcePosition("transactions", 2, 1L << 40));
    TreeMap<String, String> identity = new TreeMap<>();
    identity.put("cluster id", "abc");
    identity.put("lanes", "4");
    return new LaneCheckpoint(3, identity, LanePosition.of(new byte[] {5, 0, -1}), 42, decided);
  }

  @Test
  void isReadBackAsWritten() throws IOException {
    assertThat(read(write(sample()))).isEqualTo(sample());
  }

  @Test
  void firstFormatCanStillBeRead() throws IOException {
    assertThat(HexFormat.of().formatHex(write(sample()))).isEqualTo(FORMAT_1);
    assertThat(read(HexFormat.of().parseHex(FORMAT_1))).isEqualTo(sample());
  }

  @Test
  void formatOfLaterReleaseIsRefused() throws IOException {
    byte[] bytes = write(sample());
    bytes[0] = 99;
    assertThatThrownBy(() -> read(bytes))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("format 99");
  }

  /** A million inputs decided since the checkpoint must not weigh on the next ones. */
  @Test
  void longRunsOfPositionsAreCompact() throws IOException {
    PositionSet decided = new PositionSet();
    for (long offset = 0; offset < 1_000_000; offset++) {
      decided.add(new SourcePosition("transactions", 0, offset));
    }
    LaneCheckpoint state =
        new LaneCheckpoint(0, new TreeMap<>(), LanePosition.of(new byte[24]), 0, decided);
    assertThat(write(state).length).isLessThan(1_000);
  }

  private static byte[] write(LaneCheckpoint state) throws IOException {
    DataOutputSerializer out = new DataOutputSerializer(64);
    LaneCheckpoint.Serializer.INSTANCE.serialize(state, out);
    return out.getCopyOfBuffer();
  }

  private static LaneCheckpoint read(byte[] bytes) throws IOException {
    return LaneCheckpoint.Serializer.INSTANCE.deserialize(new DataInputDeserializer(bytes));
  }
}
