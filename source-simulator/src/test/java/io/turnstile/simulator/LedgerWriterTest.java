package io.turnstile.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.events.LedgerEntry;
import io.turnstile.events.Transaction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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

  @Test
  void groupOfAContentIsTheSameInEveryRunAndCountedGroupsStayBelow() throws IOException {
    Transaction transaction = new Transaction("t", "c", "p", 1, 2, "GBP", 3, "");
    for (int run = 0; run < 2; run++) {
      try (LedgerWriter ledger = new LedgerWriter(file)) {
        ledger.addRepeatable(transaction, 1, Set.of("ACCEPTED"));
        assertThat(ledger.nextGroup()).isEqualTo(run);
        ledger.add(run, 1, Set.of("ACCEPTED"));
      }
    }

    List<LedgerEntry> entries = Files.readAllLines(file).stream().map(LedgerEntry::parse).toList();
    assertThat(entries.get(0).group()).isEqualTo(entries.get(2).group());
    assertThat(entries.get(0).allowed()).containsExactly("ACCEPTED");
    assertThat(entries.get(2).allowed()).containsExactlyInAnyOrder("ACCEPTED", "DUPLICATE_ID");
    assertThat(entries.get(1).group()).isZero();
    assertThat(entries.get(3).group()).isEqualTo(1);
  }
}
