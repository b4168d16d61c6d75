package io.turnstile.decision.token;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the keys of a JWKS current. Not thread-safe: for one thread, beside which it refreshes in
 * the background while that thread keeps asking.
 */
final class KeySource {

  /** Keys are this fresh without being fetched again. */
  static final Duration FRESH = Duration.ofSeconds(5);

  /** For how long an unreachable JWKS is tried again. */
  static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final long PAUSE_MILLIS = 250;

  private static final Logger LOG = LoggerFactory.getLogger(KeySource.class);

  private final JwksFetcher fetcher;
  private final Set<String> algorithms;
  private final long refreshNanos;
  private final RefreshClock clock;
  private final Executor background;

  private Loaded current;
  private long refreshStartedAt;
  private volatile boolean refreshing;
  private final AtomicReference<Loaded> refreshed = new AtomicReference<>();

  /** Keys and when their fetch began and ended, in the clock's nanoseconds. */
  private record Loaded(KeySet keys, long startedAt, long endedAt) {}

  /**
   * Loads the keys.
   *
   * @throws IOException if the JWKS cannot be fetched or holds no usable key
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
    this.current = load();
    this.refreshStartedAt = current.endedAt;
  }

  /**
   * The current keys; never blocks. The same object as long as they have not been fetched again.
   */
  KeySet keys() {
    if (refreshed.get() != null) {
      Loaded fresh = refreshed.getAndSet(null);
      // A reload may have overtaken the refresh, which then holds older keys.
      if (fresh.startedAt - current.endedAt >= 0) {
        current = fresh;
      }
    }
    long now = clock.nanoTime();
    if (!refreshing && now - refreshStartedAt >= refreshNanos) {
      refreshStartedAt = now;
      refreshing = true;
      background.execute(this::refresh);
    }
    return current.keys;
  }

  /**
   * Fetches the keys again, for as long as {@link #PATIENCE} if the JWKS is unreachable.
   *
   * @return false if nothing was done because the keys are fresh
   * @throws IOException if they could not be fetched
   */
  boolean reload() throws IOException {
    long start = clock.nanoTime();
    if (start - current.endedAt < FRESH.toNanos()) {
      return false;
    }
    while (true) {
      try {
        current = load();
        return true;
      } catch (IOException e) {
        if (clock.nanoTime() - start >= PATIENCE.toNanos()) {
          throw new IOException(
              "a token's key is unknown and for %d s %s"
                  .formatted(PATIENCE.toSeconds(), e.getMessage()),
              e);
        }
        pause();
      }
    }
  }

  private void refresh() {
    try {
      refreshed.set(load());
    } catch (IOException | RuntimeException e) {
      LOG.warn("Keeping the keys known so far: {}", e.getMessage());
    } finally {
      refreshing = false;
    }
  }

  private Loaded load() throws IOException {
    long startedAt = clock.nanoTime();
    KeySet keys;
    try {
      keys = KeySet.parse(fetcher.fetch(), algorithms);
    } catch (IOException e) {
      throw new IOException(
          "the JWKS %s cannot be used: %s".formatted(fetcher.location(), describe(e)), e);
    }
    return new Loaded(keys, startedAt, clock.nanoTime());
  }

  /** On one line, and not a bare path or host name: those messages need their class to be clear. */
  private static String describe(IOException e) {
    String text =
        e.getClass() == IOException.class
            ? e.getMessage()
            : e.getClass().getSimpleName() + ": " + e.getMessage();
    return text.replaceAll("\\s+", " ");
  }

  private void pause() throws InterruptedIOException {
    try {
      clock.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for the JWKS");
    }
  }

  /** A thread that ends with its task: there is nothing to close. */
  private static void runInDaemonThread(Runnable task) {
    Thread thread = new Thread(task, "jwks-refresh");
    thread.setDaemon(true);
    thread.start();
  }
}
