package io.turnstile.job.enrich;

import io.turnstile.decision.reference.Reference;
import io.turnstile.job.read.ReferenceTopic;
import io.turnstile.job.read.ReferenceTopic.End;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.function.Predicate;
import org.apache.flink.api.common.operators.MailboxExecutor;
import org.apache.flink.util.function.ThrowingRunnable;

/**
 * Reads a reference topic to its high watermark beside the task thread, one reading at a time. What
 * it finds reaches the task thread as mails. All methods are for the task thread.
 *
 * @param <R> the reference records
 */
final class BackgroundReading<R> implements AutoCloseable {

  /** Hears of a reading, in the task thread and in this order. */
  interface Listener<R> {

    /** Records were read. */
    void updates(List<Reference<R>> updates) throws Exception;

    /** The topic was read to the high watermark that it had after the reading was started. */
    void finished(Map<Integer, Long> end) throws Exception;

    /** The topic could not be read. */
    void failed(IOException e) throws Exception;
  }

  private static final int CHUNK = 1_000;

  /** Chunks on their way to a task thread that is busy: they bound the memory. */
  private static final int MAX_CHUNKS = 4;

  private final ReferenceTopic.Reader<R> reader;
  private final Predicate<String> wanted;
  private final MailboxExecutor mailbox;
  private final Listener<R> listener;
  private final Semaphore chunks = new Semaphore(MAX_CHUNKS);
  private final ExecutorService thread;
  private boolean running;

  BackgroundReading(
      ReferenceTopic.Reader<R> reader,
      Predicate<String> wanted,
      MailboxExecutor mailbox,
      String threadName,
      Listener<R> listener) {
    this.reader = reader;
    this.wanted = wanted;
    this.mailbox = mailbox;
    this.listener = listener;
    thread =
        Executors.newSingleThreadExecutor(
            work -> {
              Thread made = new Thread(work, threadName);
              made.setDaemon(true);
              return made;
            });
  }

  /**
   * Starts a reading; none may be running.
   *
   * @param from see {@link ReferenceTopic.Reader#readTo}
   */
  void start(Map<Integer, Long> from) {
    if (running) {
      throw new IllegalStateException("the topic is being read already");
    }
    running = true;
    Map<Integer, Long> copy = Map.copyOf(from);
    thread.execute(() -> read(copy));
  }

  /** Returns whether a reading was started and the listener was not told of its end yet. */
  boolean isRunning() {
    return running;
  }

  private void read(Map<Integer, Long> from) {
    List<Reference<R>> chunk = new ArrayList<>();
    try {
      Map<Integer, Long> end =
          reader.readTo(
              End.HIGH_WATERMARK,
              from,
              wanted,
              update -> {
                chunk.add(update);
                if (chunk.size() == CHUNK) {
                  send(chunk);
                }
              });
      send(chunk);
      mail(() -> ended(() -> listener.finished(end)));
    } catch (IOException e) {
      mail(() -> ended(() -> listener.failed(e)));
    } catch (Throwable e) {
      // Not to be mended by reading again: the task fails.
      mail(
          () -> {
            throw new IllegalStateException("reading the reference topic", e);
          });
    }
  }

  private void send(List<Reference<R>> chunk) {
    List<Reference<R>> updates = List.copyOf(chunk);
    chunk.clear();
    // A reader that is closed meanwhile says so with its next record.
    chunks.acquireUninterruptibly();
    mail(
        () -> {
          chunks.release();
          listener.updates(updates);
        });
  }

  private void ended(ThrowingRunnable<Exception> last) throws Exception {
    running = false;
    last.run();
  }

  private void mail(ThrowingRunnable<Exception> action) {
    try {
      mailbox.execute(action, "reference topic");
    } catch (RejectedExecutionException e) {
      // The task ends; nobody waits for references any more.
    }
  }

  /** Ends a reading that is running; the listener does not hear of it. May be called again. */
  @Override
  public void close() {
    if (thread.isShutdown()) {
      return;
    }
    // Mails may never run again, and what is being read must not wait for them.
    chunks.release(Integer.MAX_VALUE / 2);
    thread.shutdownNow();
    reader.close();
  }
}
