package io.turnstile.job.commit.journal;

import io.turnstile.events.Outcome;
import io.turnstile.job.decide.RecoveredAcceptance;
import io.turnstile.job.decide.Verdict;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import org.roaringbitmap.longlong.Roaring64Bitmap;

/**
 * A journal in memory that behaves as a table does: a commit inserts its rows at once or not at
 * all, and a position is the number of the last row. Outlives its owners. Thread-safe.
 */
final class SequenceJournal implements TestJournal {

  /** The rows of a lane by number, and the row that guards them. */
  private static final class StoredLane {
    final NavigableMap<Long, Verdict> rows = new TreeMap<>();
    long lastSeq;
    long deletedUpTo;
    Owner owner;
  }

  private final List<StoredLane> lanes = new ArrayList<>();

  SequenceJournal(int lanes) {
    for (int lane = 0; lane < lanes; lane++) {
      this.lanes.add(new StoredLane());
    }
  }

  private static LanePosition position(long seq) {
    return LanePosition.of(ByteBuffer.allocate(Long.BYTES).putLong(seq).array());
  }

  private static long seq(LanePosition position) {
    return ByteBuffer.wrap(position.bytes()).getLong();
  }

  @Override
  public SortedMap<String, String> identity() {
    return new TreeMap<>(Map.of("database", "memory", "lanes", Integer.toString(lanes.size())));
  }

  @Override
  public Owner lane(int number, Runnable failed) {
    return new Owner(lanes.get(number), number);
  }

  @Override
  public void close() {}

  @Override
  public synchronized List<Verdict> committed() {
    return lanes.stream().flatMap(lane -> lane.rows.values().stream()).toList();
  }

  @Override
  public synchronized List<Long> seqs(int lane) {
    return List.copyOf(lanes.get(lane).rows.keySet());
  }

  @Override
  public synchronized void writeForeign(int lane, Verdict verdict, OptionalLong laneSeq) {
    StoredLane stored = lanes.get(lane);
    stored.rows.put(laneSeq.orElseThrow(), verdict);
    stored.lastSeq = Math.max(stored.lastSeq, laneSeq.orElseThrow());
  }

  @Override
  public synchronized void deleteOldest(int lane, int verdicts) {
    StoredLane stored = lanes.get(lane);
    for (int left = verdicts; left > 0; left--) {
      stored.deletedUpTo = stored.rows.pollFirstEntry().getKey();
    }
  }

  private final class Owner implements LaneJournal {
    private final StoredLane stored;
    private final int number;
    private final NavigableMap<Long, Verdict> open = new TreeMap<>();

    Owner(StoredLane stored, int number) {
      this.stored = stored;
      this.number = number;
    }

    @Override
    public String target() {
      return "verdict tables";
    }

    @Override
    public LaneRange takeOver(LanePosition from) throws JournalException {
      synchronized (SequenceJournal.this) {
        stored.owner = this;
        long before = from == null ? 0 : seq(from);
        if (before < stored.deletedUpTo || before > stored.lastSeq) {
          throw new JournalException.Refused(
              "lane %d: the table holds lane-seq %d to %d, and what was committed since %d is needed"
                  .formatted(number, stored.deletedUpTo + 1, stored.lastSeq, before));
        }
        return new LaneRange(position(before), position(stored.lastSeq));
      }
    }

    @Override
    public void read(LaneRange range, Reader reader) throws JournalException, InterruptedException {
      NavigableMap<Long, Verdict> tail;
      synchronized (SequenceJournal.this) {
        tail = new TreeMap<>(stored.rows.subMap(seq(range.from()), false, seq(range.end()), true));
      }
      for (Map.Entry<Long, Verdict> row : tail.entrySet()) {
        Verdict verdict = row.getValue();
        reader.read(
            new JournalEntry(
                "lane_seq " + row.getKey(),
                OptionalLong.of(row.getKey()),
                verdict.position(),
                verdict.outcome() == Outcome.ACCEPTED
                    ? RecoveredAcceptance.of(verdict.position(), verdict.value())
                    : null));
      }
    }

    /** A row is committed or not there. */
    @Override
    public Roaring64Bitmap appended(LaneRange range) {
      return new Roaring64Bitmap();
    }

    @Override
    public void append(Verdict verdict, long laneSeq) {
      open.put(laneSeq, verdict);
    }

    @Override
    public LanePosition commit() throws JournalException {
      synchronized (SequenceJournal.this) {
        if (stored.owner != this || stored.lastSeq != open.firstKey() - 1) {
          throw new JournalException("lane " + number + " has another owner");
        }
        stored.rows.putAll(open);
        stored.lastSeq = open.lastKey();
        open.clear();
        return position(stored.lastSeq);
      }
    }

    @Override
    public void awaitVisible(LanePosition end) throws JournalException {
      synchronized (SequenceJournal.this) {
        if (stored.lastSeq != seq(end)) {
          throw new JournalException("lane " + number + " has another owner");
        }
      }
    }

    @Override
    public void check() {}

    @Override
    public JournalException diagnose(JournalException failure) {
      return failure;
    }

    @Override
    public void close() {}
  }
}
