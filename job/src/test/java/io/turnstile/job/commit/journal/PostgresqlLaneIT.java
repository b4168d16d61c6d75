package io.turnstile.job.commit.journal;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A lane over a real PostgreSQL. */
class PostgresqlLaneIT extends LaneContract {

  @RegisterExtension static final PostgresqlExtension POSTGRESQL = new PostgresqlExtension();

  private final List<PostgresqlTestJournal> journals = new ArrayList<>();
  private PostgresqlTestJournal journal;

  @BeforeEach
  void createJournal() throws Exception {
    journal = newJournal();
  }

  @AfterEach
  void closeJournals() {
    journals.forEach(PostgresqlTestJournal::close);
  }

  @Override
  PostgresqlTestJournal journal() {
    return journal;
  }

  @Override
  PostgresqlTestJournal newJournal() {
    try {
      PostgresqlTestJournal made = new PostgresqlTestJournal(POSTGRESQL.server(), LANES);
      journals.add(made);
      return made;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** The table refuses it when it is written; nobody has to find it afterwards. */
  @Test
  @Override
  void secondVerdictForAnInputIsRefused() throws Exception {
    laneWith(1);
    assertThatThrownBy(
            () -> journal.writeForeign(LANE, Verdicts.rejected(LANE, 0), OptionalLong.of(2)))
        .hasMessageContaining("verdict_source");
  }

  /** A foreign writer that keeps to the tables' keys, and to the numbers. */
  @Test
  void rowThatNobodyCommittedIsRefused() throws Exception {
    laneWith(1);
    journal.writeForeign(LANE, Verdicts.rejected(LANE, 1), OptionalLong.of(2));
    assertThatThrownBy(() -> takenOver(null))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("up to lane_seq 2 are others than those that were committed");
  }

  @Test
  void allVerdictsDeletedIsRefused() throws Exception {
    laneWith(2);
    journal.deleteOldest(LANE, 2);
    assertThatThrownBy(() -> takenOver(null))
        .isInstanceOf(JournalException.Refused.class)
        .hasMessageContaining("lane 2: the verdict table lacks lane_seq 1 to 2");
  }
}
