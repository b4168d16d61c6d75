package io.turnstile.bench.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.bench.engine.PeerEngine.PeerMemory;
import org.junit.jupiter.api.Test;

class PeerMemoryTest {

  @Test
  void dividesAsFlinkDividesATaskManagerOfThatSize() {
    assertThat(PeerMemory.of("3g")).isEqualTo(new PeerMemory(1128, 378, 256, 1003));
    assertThat(PeerMemory.of("1728m")).isEqualTo(new PeerMemory(512, 256, 256, 512));
  }

  @Test
  void refusesWhatItCannotReadOrDivide() {
    assertThatThrownBy(() -> PeerMemory.of("3 GB"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("write it as 3g or 1728m");
    assertThatThrownBy(() -> PeerMemory.of("512m"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("too little");
  }
}
