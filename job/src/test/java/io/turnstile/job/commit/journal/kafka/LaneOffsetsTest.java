package io.turnstile.job.commit.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.job.commit.journal.LanePosition;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class LaneOffsetsTest {

  private static final LaneOffsets OFFSETS = new LaneOffsets(List.of(5L, 1L << 33, 0L));

  /** Checkpoints hold it: savepoints of the first release are to be read by every later one. */
  private static final String FORM = "000000000000000500000002000000000000000000000000";

  @Test
  void formInCheckpointsStaysAsItIs() {
    assertThat(OFFSETS.position()).hasToString(FORM);
    assertThat(LaneOffsets.of(LanePosition.of(HexFormat.of().parseHex(FORM)))).isEqualTo(OFFSETS);
  }
}
