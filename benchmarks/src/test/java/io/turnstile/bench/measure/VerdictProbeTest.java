package io.turnstile.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.VerdictHeaders;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class VerdictProbeTest {

  private final RecordHeaders headers = new RecordHeaders();

  @Test
  void positionIsReadFromTheHeaders() {
    VerdictHeaders.write(
        headers, new SourcePosition("transactions", 12, 9_876_543_210L), Outcome.ACCEPTED);

    assertThat(VerdictProbe.number(headers, VerdictHeaders.SOURCE_PARTITION)).isEqualTo(12);
    assertThat(VerdictProbe.number(headers, VerdictHeaders.SOURCE_OFFSET))
        .isEqualTo(9_876_543_210L);
  }

  @Test
  void headerThatIsMissingOrNoNumberIsRefused() {
    VerdictHeaders.add(headers, VerdictHeaders.SOURCE_OFFSET, "-1");

    assertThatThrownBy(() -> VerdictProbe.number(headers, VerdictHeaders.SOURCE_OFFSET))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("source-offset");
    assertThatThrownBy(() -> VerdictProbe.number(headers, VerdictHeaders.SOURCE_PARTITION))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("source-partition");
  }
}
