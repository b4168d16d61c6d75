package io.turnstile.job.enrich;

import io.turnstile.decision.reference.Reference;
import io.turnstile.job.read.ReferenceTopic;
import io.turnstile.job.read.ReferenceTopic.End;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * One reading of a reference topic to its last stable offset, in a thread of its own: the task
 * thread, which alone may write state, does something else meanwhile, and takes the records when it
 * is ready for them. All methods are for the task thread.
 *
 * @param <R> the reference records
 */
final class CatchUp<R> implements AutoCloseable {

  private static final int CHUNK = 1_000;

  /**
   * Chunks that the task thread has not taken yet. With the one that is being filled and the one
   * that the task thread works on, up to 6,000 decoded records are held; then the reading waits.
   */
  private static final int MAX_CHUNKS = 4;

  /** Interval at which the task thread looks whether the reading thread still lives. */
  private static final long LIVENESS_MILLIS = 500;

  /**
   * A message to the task thread.
   *
   * @param end with the last one, how far the topic was read; else null
   * @param failure ends the reading; else null
   */
  private record Part<R>(List<Reference<R>> updates, Map<Integer, Long> end, Throwable failure) {}

  private final ReferenceTopic.Reader<R> reader;
  private final Predicate<String> wanted;
  private final BlockingQueue<Part<R>> parts = new ArrayBlockingQueue<>(MAX_CHUNKS);
  private final Thread thread;
  private boolean closed;

  /**
   * Starts the reading.
   *
   * @param reader used up, and closed by {@link #close}
   * @param from see {@link ReferenceTopic.Reader#readTo}
   */
  CatchUp(
      ReferenceTopic.Reader<R> reader,
      Map<Integer, Long> from,
      Predicate<String> wanted,
      String threadName) {
    this.reader = reader;
    this.wanted = wanted;
    Map<Integer, Long> copy = Map.copyOf(from);
    thread = new Thread(() -> read(copy), threadName);
    thread.setDaemon(true);
    thread.start();
  }

  private void read(Map<Integer, Long> from) {
    try {
      List<Reference<R>> chunk = new ArrayList<>();
      Map<Integer, Long> end =
          reader.readTo(
              End.LAST_STABLE_OFFSET,
              from,
              wanted,
              update -> {
                chunk.add(update);
                if (chunk.size() == CHUNK) {
                  handOn(new Part<>(List.copyOf(chunk), null, null));
                  chunk.clear();
                }
              });
      handOn(new Part<>(chunk, end, null));
    } catch (Throwable e) { // Whatever it is, the task thread must not wait for ever.
      handOn(new Part<>(List.of(), null, e));
    }
  }

  private void handOn(Part<R> part) {
    try {
      parts.put(part);
    } catch (InterruptedException e) {
      // The task is being closed: nobody takes parts any more.
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Takes what was read, waiting for what was not yet.
   *
   * @return by partition, the offset up to which the topic was read
   * @throws IOException if it cannot be read
   */
  Map<Integer, Long> finish(Consumer<Reference<R>> taker) throws IOException, InterruptedException {
    while (true) {
      Part<R> part = next();
      part.updates().forEach(taker);
      if (part.failure() instanceof IOException e) {
        throw e;
      }
      if (part.failure() != null) {
        throw new IllegalStateException("reading the reference topic", part.failure());
      }
      if (part.end() != null) {
        return part.end();
      }
    }
  }

  private Part<R> next() throws InterruptedException {
    while (true) {
      // In this order: what the thread left before it ended is found.
      boolean lives = thread.isAlive();
      Part<R> part = parts.poll(LIVENESS_MILLIS, TimeUnit.MILLISECONDS);
      if (part != null) {
        return part;
      }
      if (!lives) {
        throw new IllegalStateException(
            "the thread that reads the reference topic has died and left no message");
      }
    }
  }

  /**
   * Reads on in the task thread, once {@link #finish} has returned: up to the end as it is now.
   *
   * @param from where that got to
   * @return by partition, the offset up to which the topic was read
   * @throws IOException if it cannot be read
   */
  Map<Integer, Long> readOn(Map<Integer, Long> from, Consumer<Reference<R>> taker)
      throws IOException {
    return reader.readTo(End.LAST_STABLE_OFFSET, from, wanted, taker);
  }

  /** Ends the reading if it still runs. May be called again. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      thread.interrupt();
      reader.close();
    }
  }
}
