package io.turnstile.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LedgerEntryTest {

  @Test
  void readingALineGivesTheEntryBack() {
    for (LedgerEntry entry :
        List.of(
            new LedgerEntry(0, 0, 1, Set.of("ACCEPTED")),
            new LedgerEntry(7, 3, 0, Set.of("MALFORMED_JSON")),
            new LedgerEntry(
                Long.MAX_VALUE, 9, 1, Set.of("ACCEPTED", "DUPLICATE_ID", "TOKEN_EXPIRED")))) {
      assertThat(LedgerEntry.parse(entry.toLine())).isEqualTo(entry);
    }
  }

  @Test
  void lineListsOutcomesInOrder() {
    assertThat(new LedgerEntry(12, 4, 1, Set.of("DUPLICATE_ID", "ACCEPTED")).toLine())
        .isEqualTo("12,4,1,ACCEPTED|DUPLICATE_ID");
  }

  @Test
  void everyOutcomeCanBeAllowed() {
    for (RejectionReason reason : RejectionReason.values()) {
      assertThat(LedgerEntry.parse("1,1,0," + reason).allowed()).containsExactly(reason.name());
    }
    for (DeadLetterCode code : DeadLetterCode.values()) {
      assertThat(LedgerEntry.parse("1,1,0," + code).allowed()).containsExactly(code.name());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1,1,1",
        "1,1,1,",
        "1,1,1,ACCEPTED,",
        "1,1,1,ACCEPTED|",
        "1,1,1,|ACCEPTED",
        "1,1,1,ACCEPTED||DUPLICATE_ID",
        "1,1,1,accepted",
        "1,1,1,REJECTED",
        "a,1,1,ACCEPTED",
        "1,,1,ACCEPTED",
        "1,1,2,ACCEPTED",
        "-1,1,1,ACCEPTED",
        "1,1,1, ACCEPTED"
      })
  void otherLinesAreRefused(String line) {
    assertThatThrownBy(() -> LedgerEntry.parse(line)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void allowedOutcomesAreACopy() {
    Set<String> allowed = new HashSet<>(Set.of("ACCEPTED"));
    LedgerEntry entry = new LedgerEntry(1, 1, 1, allowed);
    allowed.clear();
    assertThat(entry.allowed()).containsExactly("ACCEPTED");
  }
}
