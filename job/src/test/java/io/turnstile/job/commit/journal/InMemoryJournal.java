package io.turnstile.job.commit.journal;

import io.turnstile.decision.dedup.Acceptance;
import io.turnstile.events.Outcome;
import io.turnstile.events.VerdictCodec;
import io.turnstile.job.commit.journal.JournalEntry.Recollection;
import io.turnstile.job.decide.Verdict;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
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
class InMemoryJournal implements Journal {

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
  public Owner lane(int number, Runnable failed) {
    return new Owner(lanes.get(number), number, failed);
  }

  @Override
  public void close() {}

  /** What a reader sees who reads only what is committed, over all lanes. */
  synchronized List<Verdict> committed() {
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

  /** Writes as a program does that knows nothing of the protocol. */
  synchronized void writeForeign(int lane, Verdict verdict, OptionalLong laneSeq) {
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

  /** Deletes what stands before an offset, as retention does. */
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
    public List<String> parts() {
      return Arrays.stream(Outcome.values())
          .map(outcome -> outcome.headerValue() + "/" + number)
          .toList();
    }

    @Override
    public LaneRange takeOver(LaneOffsets settled) throws JournalException, InterruptedException {
      synchronized (InMemoryJournal.this) {
        fence();
        return extent();
      }
    }

    void fence() {
      if (stored.open != null) {
        endTransaction();
      }
      stored.owner = this;
    }

    LaneRange extent() {
      return new LaneRange(
          new LaneOffsets(Arrays.stream(stored.deletedBefore).boxed().toList()), end());
    }

    LaneOffsets end() {
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
    public void read(LaneOffsets from, LaneOffsets to, Reader reader)
        throws JournalException, InterruptedException {
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
    public Roaring64Bitmap appended(LaneOffsets from, LaneOffsets to) {
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
      Recollection recollection = null;
      if (verdict.outcome() == Outcome.ACCEPTED) {
        VerdictCodec.Acceptance accepted = VerdictCodec.decodeAcceptance(verdict.value());
        recollection =
            new Recollection(
                accepted.customerId(),
                new Acceptance(
                    accepted.transactionId(),
                    accepted.contentHash(),
                    verdict.position().partition(),
                    verdict.position().offset(),
                    accepted.receivedAt(),
                    accepted.decidedAt()));
      }
      return new JournalEntry(place, slot.laneSeq(), verdict.position(), recollection);
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
    public LaneOffsets commit() throws JournalException, InterruptedException {
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
        return end();
      }
    }

    @Override
    public void awaitVisible(LaneOffsets end) throws JournalException {
      if (invisible != null) {
        throw invisible;
      }
    }

    private void requireOwner() throws JournalException {
      if (stored.owner != this) {
        throw new JournalException("lane " + number + " has another owner");
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
