package io.turnstile.job.commit.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.job.commit.journal.JournalException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StartOffsetsTest {

  @Test
  void positionHasTheOffsetsOfItsPartitions() throws Exception {
    StartOffsets offsets = StartOffsets.parse("verdicts.accepted/0=12, b/0=0,b/1=7");
    assertThat(offsets.of(List.of("b/1", "verdicts.accepted/0")).offsets())
        .containsExactly(7L, 12L);
  }

  @Test
  void partitionWithoutOffsetIsNamed() {
    StartOffsets offsets = StartOffsets.parse("a/0=1");
    assertThatThrownBy(() -> offsets.of(List.of("a/0", "a/1")))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("no offset for a/1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a=1", "a/0", "a/0=-1", "a/0=latest", "a/0=1,", "a/0=1,a/0=2"})
  void otherTextIsRefused(String text) {
    assertThatThrownBy(() -> StartOffsets.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("start offset");
  }
}
