package io.turnstile.decision.token;

import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the keys of a JWKS current. Reads them in the background, one reading at a time; the caller
 * never waits. Not thread-safe: for one thread, which is told of new keys when it asks.
 *
 * <p>Nimbus' {@code JWKSourceBuilder} (10.10) was tried in this place. It cannot do what an input
 * needs that is judged once and for all:
 *
 * <ul>
 *   <li>An unknown key id makes it read the JWKS in the caller's thread: every input behind waits
 *       as long as the server takes, up to its time-outs.
 *   <li>With outage tolerance, a key that is unknown while the server is away is reported as
 *       missing, so that a good token would be called invalid. Without it there is an exception,
 *       but the rate limit counts failed readings too: after two of them, <em>too soon</em> hides
 *       <em>unreachable</em>.
 *   <li>The rate limit lets two readings pass per interval, counted from the start of the first; a
 *       slow server is read without a pause.
 *   <li>One key that is not well-formed makes the whole JWKS unusable.
 *   <li>Nothing tells which key was withdrawn, so that its verified tokens can be forgotten.
 * </ul>
 *
 * <p>Reading in the background answers all of these; what is left for the library to do is smaller
 * than its adapters.
 */
final class KeySource {

  /** Keys are not read again within this time of the last success. */
  static final Duration FRESH = Duration.ofSeconds(5);

  /** The pause after a failure. */
  static final Duration PAUSE = Duration.ofMillis(250);

  private static final Logger LOG = LoggerFactory.getLogger(KeySource.class);

  private final JwksFetcher fetcher;
  private final Set<String> algorithms;
  private final long refreshNanos;
  private final RefreshClock clock;
  private final Executor background;

  /** Result of a background reading that the caller has not taken over yet. */
  private final AtomicReference<Reading> finished = new AtomicReference<>();

  private KeySet current;

  private boolean reading;
  private long startedAt;
  private long succeededAt;
  private Reading last;

  /** Keys or a failure, and when the reading ended, in the clock's nanoseconds. */
  private record Reading(KeySet keys, IOException failure, long endedAt) {}

  /**
   * Reads the keys; blocks while it does.
   *
   * @throws IOException if the JWKS cannot be read or holds no usable key
   */
  KeySource(JwksFetcher fetcher, Set<String> algorithms, Duration refresh, RefreshClock clock)
      throws IOException {
    this(fetcher, algorithms, refresh, clock, KeySource::runInDaemonThread);
  }

  KeySource(
      JwksFetcher fetcher,
      Set<String> algorithms,
      Duration refresh,
      RefreshClock clock,
      Executor background)
      throws IOException {
    this.fetcher = fetcher;
    this.algorithms = algorithms;
    this.refreshNanos = refresh.toNanos();
    this.clock = clock;
    this.background = background;
    Reading first = read();
    if (first.failure != null) {
      throw first.failure;
    }
    this.current = first.keys;
    this.startedAt = first.endedAt;
    this.succeededAt = first.endedAt;
    this.last = first;
  }

  /** The current keys. The same object as long as they are the same keys. */
  KeySet keys() {
    if (finished.get() != null) {
      takeOver(finished.getAndSet(null));
    }
    if (clock.nanoTime() - startedAt >= refreshNanos) {
      start();
    }
    return current;
  }

  /** Returns whether the keys were read so recently that one missing from them does not exist. */
  boolean areFresh() {
    return clock.nanoTime() - succeededAt < FRESH.toNanos();
  }

  /** Has the keys read again soon, however often it is called. */
  void request() {
    if (clock.nanoTime() - last.endedAt >= PAUSE.toNanos()) {
      start();
    }
  }

  /** The failure of the last reading if that ended at this time or later, else null. */
  IOException failureSince(long nanoTime) {
    return last.endedAt - nanoTime >= 0 ? last.failure : null;
  }

  private void start() {
    if (!reading) {
      reading = true;
      startedAt = clock.nanoTime();
      background.execute(() -> finished.set(read()));
    }
  }

  private void takeOver(Reading ended) {
    reading = false;
    if (ended.failure == null) {
      succeededAt = ended.endedAt;
      if (!ended.keys.equals(current)) {
        current = ended.keys;
      }
    } else if (last.failure == null) {
      LOG.warn("Keeping the keys known so far: {}", ended.failure.getMessage());
    }
    last = ended;
  }

  private Reading read() {
    try {
      return new Reading(KeySet.parse(fetcher.fetch(), algorithms), null, clock.nanoTime());
    } catch (Throwable e) { // An error, too, must end the reading: else none would ever follow.
      String message = "the JWKS %s cannot be used: %s".formatted(fetcher.location(), describe(e));
      return new Reading(null, new IOException(message, e), clock.nanoTime());
    }
  }

  /** On one line, and not a bare path or host name: those messages need their class to be clear. */
  private static String describe(Throwable e) {
    String text =
        e.getClass() == IOException.class
            ? e.getMessage()
            : e.getClass().getSimpleName() + ": " + e.getMessage();
    return text.replaceAll("\\s+", " ");
  }

  /** A thread that ends with its task: there is nothing to close. */
  private static void runInDaemonThread(Runnable task) {
    Thread thread = new Thread(task, "jwks-refresh");
    thread.setDaemon(true);
    thread.start();
  }
}
