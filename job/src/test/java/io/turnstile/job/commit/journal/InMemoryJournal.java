package io.turnstile.job.commit.journal;

import io.turnstile.clients.Generation;
import io.turnstile.events.Outcome;
import io.turnstile.job.commit.journal.kafka.LaneExtent;
import io.turnstile.job.commit.journal.kafka.LaneOffsets;
import io.turnstile.job.decide.RecoveredAcceptance;
import io.turnstile.job.decide.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.roaringbitmap.longlong.Roaring64Bitmap;

/**
 * A journal in memory that behaves as Kafka does: what is appended has its offset at once, is read
 * only when it is committed, and a commit or abort takes an offset in every part that it touches.
 * It outlives its owners. Thread-safe.
 */
class InMemoryJournal implements TestJournal {

  private static final long FOLLOW_MILLIS = 5;

  static final int PARTS = Outcome.values().length;

  /** A record; null verdict: a marker. */
  record Slot(Verdict verdict, OptionalLong laneSeq, Object transaction) {}

  /** One lane: what is stored of it. */
  static final class StoredLane {
    final List<List<Slot>> parts = new ArrayList<>();
    final long[] deletedBefore = new long[PARTS];
    final Set<Object> committed = new HashSet<>();
    Owner owner;
    Object open;
    Generation generation;

    StoredLane() {
      for (int part = 0; part < PARTS; part++) {
        parts.add(new ArrayList<>());
      }
    }

    List<Slot> part(Outcome outcome) {
      return parts.get(List.of(Outcome.values()).indexOf(outcome));
    }
  }

  final List<StoredLane> lanes = new ArrayList<>();
  final SortedMap<String, String> identity = new TreeMap<>();

  /** While set, commits wait for it before they do anything. */
  volatile CountDownLatch commitGate;

  volatile JournalException commitFailure;

  /** While set, what was committed does not become visible. */
  volatile JournalException invisible;

  InMemoryJournal(int lanes) {
    identity.put("cluster id", "memory");
    identity.put("lanes", Integer.toString(lanes));
    for (int lane = 0; lane < lanes; lane++) {
      this.lanes.add(new StoredLane());
    }
  }

  @Override
  public SortedMap<String, String> identity() {
    return identity;
  }

  @Override
  public synchronized Map<Integer, Generation> owners() {
    Map<Integer, Generation> owners = new TreeMap<>();
    for (int lane = 0; lane < lanes.size(); lane++) {
      if (lanes.get(lane).generation != null) {
        owners.put(lane, lanes.get(lane).generation);
      }
    }
    return owners;
  }

  @Override
  public Owner lane(int number, Runnable failed) {
    return new Owner(lanes.get(number), number, failed);
  }

  @Override
  public Map<Integer, LanePosition> follow(Map<Integer, LaneRange> ranges, Follower follower)
      throws JournalException, InterruptedException {
    Map<Integer, LanePosition> reached = new TreeMap<>();
    ranges.forEach((lane, range) -> reached.put(lane, range.from()));
    while (follower.goesOn()) {
      boolean more = false;
      for (int number : ranges.keySet()) {
        Owner lane = lane(number, () -> {});
        LaneRange next;
        synchronized (this) {
          next = new LaneRange(reached.get(number), lane.visibleEnd().position());
        }
        lane.read(next, entry -> follower.read(number, entry));
        more |= !next.end().equals(reached.put(number, next.end()));
      }
      follower.endOfBatch(true);
      if (!more) {
        synchronized (this) {
          wait(FOLLOW_MILLIS);
        }
      }
    }
    return reached;
  }

  @Override
  public void close() {}

  @Override
  public synchronized List<Verdict> committed() {
    List<Verdict> committed = new ArrayList<>();
    for (StoredLane lane : lanes) {
      for (List<Slot> part : lane.parts) {
        for (Slot slot : part) {
          if (slot.verdict() != null && lane.committed.contains(slot.transaction())) {
            committed.add(slot.verdict());
          }
        }
      }
    }
    return committed;
  }

  @Override
  public synchronized List<Long> seqs(int lane) {
    return lanes.get(lane).parts.stream()
        .flatMap(List::stream)
        .filter(slot -> slot.verdict() != null)
        .map(slot -> slot.laneSeq().orElseThrow())
        .sorted()
        .toList();
  }

  @Override
  public void deleteOldest(int lane, int verdicts) {
    // Each has its marker behind it.
    deleteBefore(lane, 0, 2L * verdicts);
  }

  @Override
  public synchronized void writeForeign(int lane, Verdict verdict, OptionalLong laneSeq) {
    StoredLane stored = lanes.get(lane);
    Object transaction = new Object();
    stored.part(verdict.outcome()).add(new Slot(verdict, laneSeq, transaction));
    stored.committed.add(transaction);
  }

  /** Takes back that a verdict was committed, and whatever was committed with it. */
  synchronized void hide(int lane, long laneSeq) {
    StoredLane stored = lanes.get(lane);
    stored.parts.stream()
        .flatMap(List::stream)
        .filter(slot -> slot.laneSeq().equals(OptionalLong.of(laneSeq)))
        .forEach(slot -> stored.committed.remove(slot.transaction()));
  }

  /** Deletes what is before an offset, as retention does. */
  synchronized void deleteBefore(int lane, int part, long offset) {
    lanes.get(lane).deletedBefore[part] = offset;
  }

  /** One who owns a lane until the next one takes it over. */
  class Owner implements LaneJournal {
    final StoredLane stored;
    final int number;
    final Runnable failed;
    private volatile boolean closed;
    private volatile JournalException failure;

    Owner(StoredLane stored, int number, Runnable failed) {
      this.stored = stored;
      this.number = number;
      this.failed = failed;
    }

    boolean isClosed() {
      return closed;
    }

    void failInBackground(JournalException e) {
      failure = e;
      failed.run();
    }

    @Override
    public String target() {
      return "verdict topics";
    }

    private List<String> parts() {
      return Arrays.stream(Outcome.values())
          .map(outcome -> outcome.headerValue() + "/" + number)
          .toList();
    }

    @Override
    public LaneRange beginFollowing(LanePosition from) {
      synchronized (InMemoryJournal.this) {
        LanePosition start = from == null ? LaneOffsets.start(PARTS).position() : from;
        return new LaneRange(start, visibleEnd().position());
      }
    }

    /** Up to the open transaction. */
    private LaneOffsets visibleEnd() {
      List<Long> ends = new ArrayList<>();
      for (List<Slot> part : stored.parts) {
        long end = 0;
        while (end < part.size()
            && (stored.open == null || part.get((int) end).transaction() != stored.open)) {
          end++;
        }
        ends.add(end);
      }
      return new LaneOffsets(ends);
    }

    @Override
    public Optional<Generation> owner() {
      synchronized (InMemoryJournal.this) {
        return Optional.ofNullable(stored.generation);
      }
    }

    @Override
    public void claim(Generation generation) throws JournalException {
      synchronized (InMemoryJournal.this) {
        requireOwner();
        stored.generation = generation;
      }
    }

    @Override
    public LaneRange takeOver(LanePosition from) throws JournalException {
      synchronized (InMemoryJournal.this) {
        if (stored.open != null) {
          endTransaction();
        }
        stored.owner = this;
        LaneOffsets begin = new LaneOffsets(Arrays.stream(stored.deletedBefore).boxed().toList());
        return new LaneExtent(number, parts(), begin, end()).rangeFrom(from);
      }
    }

    private LaneOffsets end() {
      return new LaneOffsets(stored.parts.stream().map(part -> Long.valueOf(part.size())).toList());
    }

    private void endTransaction() {
      for (List<Slot> part : stored.parts) {
        if (part.stream().anyMatch(slot -> slot.transaction() == stored.open)) {
          part.add(new Slot(null, OptionalLong.empty(), null));
        }
      }
      stored.open = null;
    }

    @Override
    public void read(LaneRange range, Reader reader) throws JournalException, InterruptedException {
      LaneOffsets from = LaneOffsets.of(range.from());
      LaneOffsets to = LaneOffsets.of(range.end());
      List<JournalEntry> entries = new ArrayList<>();
      synchronized (InMemoryJournal.this) {
        for (int part = 0; part < PARTS; part++) {
          for (long offset = from.offset(part); offset < to.offset(part); offset++) {
            Slot slot = stored.parts.get(part).get((int) offset);
            if (slot.verdict() != null && stored.committed.contains(slot.transaction())) {
              entries.add(entry(slot, parts().get(part) + " offset " + offset));
            }
          }
        }
      }
      for (JournalEntry entry : entries) {
        reader.read(entry);
      }
    }

    @Override
    public Roaring64Bitmap appended(LaneRange range) {
      LaneOffsets from = LaneOffsets.of(range.from());
      LaneOffsets to = LaneOffsets.of(range.end());
      Roaring64Bitmap numbers = new Roaring64Bitmap();
      synchronized (InMemoryJournal.this) {
        for (int part = 0; part < PARTS; part++) {
          for (Slot slot :
              stored.parts.get(part).subList((int) from.offset(part), (int) to.offset(part))) {
            slot.laneSeq().ifPresent(numbers::addLong);
          }
        }
      }
      return numbers;
    }

    private JournalEntry entry(Slot slot, String place) {
      Verdict verdict = slot.verdict();
      return new JournalEntry(
          place,
          slot.laneSeq(),
          verdict.position(),
          verdict.outcome() == Outcome.ACCEPTED
              ? RecoveredAcceptance.of(verdict.position(), verdict.value())
              : null);
    }

    @Override
    public void append(Verdict verdict, long laneSeq) throws JournalException {
      synchronized (InMemoryJournal.this) {
        requireOwner();
        if (stored.open == null) {
          stored.open = new Object();
        }
        stored
            .part(verdict.outcome())
            .add(new Slot(verdict, OptionalLong.of(laneSeq), stored.open));
      }
    }

    @Override
    public LanePosition commit() throws JournalException, InterruptedException {
      CountDownLatch gate = commitGate;
      if (gate != null) {
        gate.await();
      }
      JournalException injected = commitFailure;
      if (injected != null) {
        throw injected;
      }
      synchronized (InMemoryJournal.this) {
        requireOwner();
        if (stored.open == null) {
          throw new JournalException("no transaction is open");
        }
        stored.committed.add(stored.open);
        endTransaction();
        return end().position();
      }
    }

    @Override
    public void awaitVisible(LanePosition end) throws JournalException {
      if (invisible != null) {
        throw invisible;
      }
    }

    private void requireOwner() throws JournalException {
      if (stored.owner != this) {
        throw new JournalException.Fenced("lane " + number + " has another owner", null);
      }
      if (closed) {
        throw new JournalException("closed");
      }
    }

    @Override
    public void check() throws JournalException {
      if (failure != null) {
        throw failure;
      }
    }

    @Override
    public JournalException diagnose(JournalException e) {
      return e;
    }

    @Override
    public void close() {
      closed = true;
    }
  }
}
