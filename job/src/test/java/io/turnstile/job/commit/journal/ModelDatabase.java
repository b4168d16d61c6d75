package io.turnstile.job.commit.journal;

import io.turnstile.job.decide.Verdict;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The lanes' tables on a server, for the model, and those of its replica, which may lack the newest
 * statements. All statements are in one order, over all lanes, as in a write-ahead log.
 */
final class ModelDatabase {

  /** A verdict in the table. */
  record Row(long laneSeq, Verdict verdict) {}

  /**
   * The row of a lane, and its verdicts. Immutable.
   *
   * @param owner 0 if there was none yet
   */
  record Contents(long owner, long lastSeq, long history, List<Row> rows) {

    private static final Contents EMPTY = new Contents(0, 0, 0, List.of());

    Contents ownedBy(long other) {
      return new Contents(other, lastSeq, history, rows);
    }

    Contents endingAt(long otherLastSeq, long otherHistory) {
      return new Contents(owner, otherLastSeq, otherHistory, rows);
    }

    Contents with(List<Row> more) {
      List<Row> all = new ArrayList<>(rows);
      all.addAll(more);
      return new Contents(owner, lastSeq, history, List.copyOf(all));
    }

    private void describe(StringBuilder text) {
      text.append(owner).append(' ').append(lastSeq).append(' ').append(history).append('[');
      for (Row row : rows) {
        text.append(row.verdict.position().partition())
            .append('/')
            .append(row.verdict.position().offset())
            .append(row.verdict.outcome())
            .append('#')
            .append(row.laneSeq)
            .append(' ');
      }
      text.append(']');
    }
  }

  /** By lane. */
  private List<Contents> now;

  /** What it was before each of the statements that a replica may lack, oldest first. */
  private final List<List<Contents>> before = new ArrayList<>();

  ModelDatabase(int lanes) {
    now = Collections.nCopies(lanes, Contents.EMPTY);
  }

  Contents lane(int lane) {
    return now.get(lane);
  }

  /** A statement is committed. */
  void put(int lane, Contents contents) {
    before.add(now);
    List<Contents> next = new ArrayList<>(now);
    next.set(lane, contents);
    now = List.copyOf(next);
  }

  /** The last statement has done this, too. */
  void amend(int lane, Contents contents) {
    List<Contents> next = new ArrayList<>(now);
    next.set(lane, contents);
    now = List.copyOf(next);
  }

  /** A checkpoint was taken: the replica must have what that covers. */
  void replicate() {
    before.clear();
  }

  /** How many statements a replica may lack. */
  int unreplicated() {
    return before.size();
  }

  /** The replica is promoted, without that many of the newest statements. */
  void failOver(int lost) {
    int kept = before.size() - lost;
    now = before.get(kept);
    before.subList(kept, before.size()).clear();
  }

  List<Verdict> verdicts() {
    return now.stream().flatMap(lane -> lane.rows.stream()).map(Row::verdict).toList();
  }

  void describe(StringBuilder text) {
    now.forEach(lane -> lane.describe(text));
    for (List<Contents> state : before) {
      text.append('<');
      state.forEach(lane -> lane.describe(text));
    }
  }
}
