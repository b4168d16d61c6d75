package io.turnstile.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LedgerWriterTest {

  @TempDir private Path dir;
  private Path file;

  @BeforeEach
  void setUp() {
    file = dir.resolve("ledger.csv");
  }

  @Test
  void numbersAreDenseFromZero() throws IOException {
    try (LedgerWriter ledger = new LedgerWriter(file)) {
      assertThat(ledger.nextGroup()).isZero();
      assertThat(ledger.add(0, 1, Set.of("ACCEPTED"))).isEqualTo(0);
      assertThat(ledger.add(7, 0, Set.of("TOKEN_EXPIRED"))).isEqualTo(1);
      assertThat(ledger.nextGroup()).isEqualTo(8);
    }
    assertThat(file).hasContent("0,0,1,ACCEPTED\n1,7,0,TOKEN_EXPIRED\n");
  }

  @Test
  void existingLedgerIsContinued() throws IOException {
    Files.writeString(file, "0,0,1,ACCEPTED\n1,7,0,TOKEN_EXPIRED\n");

    try (LedgerWriter ledger = new LedgerWriter(file)) {
      assertThat(ledger.nextGroup()).isEqualTo(8);
      ledger.add(8, 1, Set.of("ACCEPTED"));
    }
    assertThat(file).hasContent("0,0,1,ACCEPTED\n1,7,0,TOKEN_EXPIRED\n2,8,1,ACCEPTED\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "1,1,1", "1,1,1,ACCEP"})
  void tornLastLineIsReplaced(String torn) throws IOException {
    Files.writeString(file, "0,0,1,ACCEPTED\n" + torn);

    try (LedgerWriter ledger = new LedgerWriter(file)) {
      ledger.add(1, 0, Set.of("TOO_LARGE"));
    }
    assertThat(file).hasContent("0,0,1,ACCEPTED\n1,1,0,TOO_LARGE\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"my notes", "my notes\nmore", "my notes\n", "0,0,1,ACCEPTED\nnotes\n"})
  void otherFileIsRefusedAndLeftAsItIs(String content) throws IOException {
    Files.writeString(file, content);

    assertThatThrownBy(() -> new LedgerWriter(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("ledger.csv is not a ledger");
    assertThat(Files.readString(file)).isEqualTo(content);
  }
}
