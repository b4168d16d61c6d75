package io.turnstile.job.harness;

import io.turnstile.decision.reference.Reference;
import io.turnstile.job.read.ReferenceTopic;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A reference topic that is a list, with a note of what was asked of it. Thread-safe. */
public final class FakeReferenceTopic<T> implements ReferenceTopic<T> {

  private final transient List<Reference<T>> records = new CopyOnWriteArrayList<>();
  private final transient List<Map<Integer, Long>> readFrom = new CopyOnWriteArrayList<>();
  private final transient Object change = new Object();
  private final transient AtomicInteger readings = new AtomicInteger();
  private transient boolean heldUp;
  private transient boolean broken;

  /** Appends a record; its offset must be the next of its partition. */
  public Reference<T> append(Reference<T> record) {
    records.add(record);
    return record;
  }

  public List<Reference<T>> records() {
    return records;
  }

  /** The next offset, by partition. */
  public Map<Integer, Long> end() {
    Map<Integer, Long> end = new HashMap<>();
    records.forEach(record -> end.merge(record.partition(), record.offset() + 1, Math::max));
    return end;
  }

  /** Offsets where reading began, one map for each time. */
  public List<Map<Integer, Long>> readFrom() {
    return readFrom;
  }

  /** Readings that have come to their ends. */
  public int readings() {
    return readings.get();
  }

  /** Readings that begin or run from now on do not end until {@link #letGoOn}. */
  public void holdUp() {
    synchronized (change) {
      heldUp = true;
    }
  }

  /** Readings fail from now on, until {@link #letGoOn}. */
  public void breakDown() {
    synchronized (change) {
      broken = true;
    }
  }

  public void letGoOn() {
    synchronized (change) {
      heldUp = false;
      broken = false;
      change.notifyAll();
    }
  }

  @Override
  public Reader<T> reader() {
    return new FakeReader();
  }

  private final class FakeReader implements Reader<T> {

    private boolean closed;

    @Override
    public Map<Integer, Long> readTo(
        End end, Map<Integer, Long> from, Predicate<String> wanted, Consumer<Reference<T>> taker)
        throws IOException {
      readFrom.add(new HashMap<>(from));
      List<Reference<T>> before = new ArrayList<>(records);
      Map<Integer, Long> reached = end();
      awaitNotHeldUp();
      for (Reference<T> record : before) {
        if (record.offset() >= from.getOrDefault(record.partition(), 0L)
            && wanted.test(record.key())) {
          taker.accept(record);
        }
      }
      readings.incrementAndGet();
      return reached;
    }

    private void awaitNotHeldUp() throws IOException {
      synchronized (change) {
        while (heldUp && !closed) {
          try {
            change.wait();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
          }
        }
        if (broken || closed) {
          throw new IOException(closed ? "closed" : "the topic cannot be read");
        }
      }
    }

    @Override
    public void close() {
      synchronized (change) {
        closed = true;
        change.notifyAll();
      }
    }
  }
}
