package io.turnstile.job.journal;

import io.turnstile.events.Outcome;
import io.turnstile.job.journal.JournalEntry.Recollection;
import io.turnstile.job.journal.ProtocolModel.Mutation;
import io.turnstile.job.stream.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * One lane's log as Kafka keeps it, for the model: one thread, no waiting. Outlives its owners.
 *
 * <p>With a {@link Mutation} it leaves out what that names.
 */
final class ModelJournal {

  static final List<Outcome> PARTS = List.of(Outcome.ACCEPTED, Outcome.REJECTED);
  private static final List<String> PART_NAMES = PARTS.stream().map(Outcome::headerValue).toList();

  /** What is in a transaction decides about it as a whole. */
  private static final class Transaction {
    boolean open = true;
    boolean committed;
  }

  /** A record, or with a null verdict the marker that ends a transaction. */
  private record Slot(Verdict verdict, long laneSeq, Transaction transaction) {}

  /** Looks whether a promise is broken. */
  interface Observer {
    void committed(Verdict verdict);
  }

  private final int lane;
  private final Set<Mutation> mutations;
  private final Observer observer;
  private final List<List<Slot>> parts = new ArrayList<>();

  /** By transactional id; a lane has one, unless mutated. */
  private final Owner[] owners = new Owner[2];

  private final Transaction[] open = new Transaction[2];

  ModelJournal(int lane, Set<Mutation> mutations, Observer observer) {
    this.lane = lane;
    this.mutations = mutations;
    this.observer = observer;
    PARTS.forEach(part -> parts.add(new ArrayList<>()));
  }

  Owner owner(String name, Runnable meanwhile) {
    return new Owner(name, meanwhile);
  }

  JournalPosition end() {
    List<Long> offsets = new ArrayList<>(PARTS.size());
    parts.forEach(part -> offsets.add((long) part.size()));
    return new JournalPosition(offsets);
  }

  /** Up to where a reader of committed verdicts gets. */
  JournalPosition stableEnd() {
    List<Long> offsets = new ArrayList<>(PARTS.size());
    for (List<Slot> part : parts) {
      long stable = 0;
      while (stable < part.size() && !part.get((int) stable).transaction.open) {
        stable++;
      }
      offsets.add(stable);
    }
    return new JournalPosition(offsets);
  }

  /** The number of the last committed verdict. */
  long lastSeq() {
    long last = 0;
    for (List<Slot> part : parts) {
      for (Slot slot : part) {
        if (slot.verdict != null && slot.transaction.committed) {
          last = Math.max(last, slot.laneSeq);
        }
      }
    }
    return last;
  }

  private void end(int id, boolean commit) {
    Transaction transaction = open[id];
    open[id] = null;
    transaction.open = false;
    transaction.committed = commit;
    for (List<Slot> part : parts) {
      boolean touched = false;
      for (Slot slot : part) {
        if (slot.transaction == transaction && slot.verdict != null) {
          touched = true;
          if (commit) {
            observer.committed(slot.verdict);
          }
        }
      }
      if (touched) {
        part.add(new Slot(null, 0, transaction));
      }
    }
  }

  void describe(StringBuilder text) {
    for (List<Slot> part : parts) {
      text.append('[');
      for (Slot slot : part) {
        if (slot.verdict == null) {
          text.append('|');
        } else {
          text.append(slot.verdict.position().partition())
              .append('/')
              .append(slot.verdict.position().offset())
              .append('#')
              .append(slot.laneSeq)
              .append(slot.transaction.committed ? 'c' : slot.transaction.open ? 'o' : 'a')
              .append(' ');
        }
      }
      text.append(']');
    }
    for (Owner owner : owners) {
      text.append(owner == null ? "-" : owner.name).append(' ');
    }
  }

  /** One who took over the lane, or is about to. */
  final class Owner implements LaneJournal {
    private final String name;

    /** Where others may get in between. */
    private final Runnable meanwhile;

    private boolean fenced;
    private int commits;

    /** A commit acknowledged before it was done. */
    private boolean owing;

    private Owner(String name, Runnable meanwhile) {
      this.name = name;
      this.meanwhile = meanwhile;
    }

    @Override
    public List<String> parts() {
      return PART_NAMES;
    }

    @Override
    public Extent takeOver() {
      if (!mutations.contains(Mutation.READ_BEFORE_FENCING)) {
        fence(0);
        fenced = true;
      }
      meanwhile.run();
      return new Extent(JournalPosition.start(PARTS.size()), end());
    }

    private void fence(int id) {
      if (open[id] != null) {
        end(id, false);
      }
      owners[id] = this;
    }

    @Override
    public void read(JournalPosition from, JournalPosition to, Reader reader)
        throws JournalException, InterruptedException {
      meanwhile.run();
      for (int part = 0; part < PARTS.size(); part++) {
        for (long offset = from.offset(part); offset < to.offset(part); offset++) {
          Slot slot = parts.get(part).get((int) offset);
          if (slot.verdict != null && slot.transaction.committed) {
            Verdict verdict = slot.verdict;
            Recollection recollection =
                verdict.outcome() == Outcome.ACCEPTED ? ProtocolModel.recollection(verdict) : null;
            reader.read(
                new JournalEntry(
                    PART_NAMES.get(part) + " " + offset,
                    OptionalLong.of(slot.laneSeq),
                    verdict.position(),
                    recollection));
          }
        }
      }
    }

    @Override
    public void append(Verdict verdict, long laneSeq) throws JournalException {
      payCommit();
      int id = id();
      requireOwner(id);
      if (open[id] == null) {
        open[id] = new Transaction();
      }
      parts.get(PARTS.indexOf(verdict.outcome())).add(new Slot(verdict, laneSeq, open[id]));
    }

    @Override
    public JournalPosition commit() throws JournalException {
      int id = id();
      requireOwner(id);
      if (open[id] == null) {
        throw new JournalException("nothing to commit");
      }
      end(id, true);
      commits++;
      return ModelJournal.this.end();
    }

    /** Acknowledges a commit that is still to be done. */
    JournalPosition promiseCommit() throws JournalException {
      int id = id();
      requireOwner(id);
      owing = true;
      List<Long> end = new ArrayList<>();
      for (List<Slot> part : parts) {
        boolean touched = part.stream().anyMatch(slot -> slot.transaction == open[id]);
        end.add(part.size() + (touched ? 1L : 0L));
      }
      return new JournalPosition(end);
    }

    private void payCommit() throws JournalException {
      if (owing) {
        owing = false;
        JournalPosition unused = commit();
      }
    }

    /** Which transactional id the next commit is on. */
    private int id() {
      return mutations.contains(Mutation.SECOND_ID_INITIALISED_LAZILY) ? commits % 2 : 0;
    }

    private void requireOwner(int id) throws JournalException {
      if (!fenced || (id == 1 && commits == 1 && owners[1] != this)) {
        fenced = true;
        fence(id);
      }
      if (owners[id] != this) {
        throw new JournalException("fenced");
      }
    }

    @Override
    public void check() {}

    @Override
    public JournalException diagnose(JournalException e) {
      return e;
    }

    @Override
    public void close() {}

    void describe(StringBuilder text) {
      text.append(fenced ? 'f' : '-').append(owing ? 'o' : '-').append(commits % 2);
    }
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("lane " + lane + " ");
    describe(text);
    return text.toString();
  }
}
