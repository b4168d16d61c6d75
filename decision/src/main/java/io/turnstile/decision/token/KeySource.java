package io.turnstile.decision.token;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the keys of a JWKS current. Reads them in the background, one reading at a time; the caller
 * never waits. For one thread, which is told of new keys when it asks; only {@link #lastRead} is
 * thread-safe.
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
  private final TokenSettings settings;
  private final RefreshClock clock;
  private final Executor background;

  /** Result of a background reading that the caller has not taken over yet. */
  private final AtomicReference<Reading> finished = new AtomicReference<>();

  private KeySet current;
  private volatile Jwks lastRead;

  private boolean reading;
  private long startedAt;
  private long succeededAt;
  private Reading last;

  /**
   * Keys and what they were read from, or a failure; and when the reading ended, in the clock's
   * nanoseconds.
   */
  private record Reading(KeySet keys, Jwks jwks, IOException failure, long endedAt) {}

  /**
   * Takes over the keys saved if they are not older than {@link TokenSettings#keyRefresh}, and
   * begins to read those of now. Otherwise it reads them first, and blocks while it does.
   *
   * @param saved as it was last read before a restart, or null. It is used if it is of the same
   *     location and not older than {@link TokenSettings#jwksMaxAge}, in place of keys that cannot
   *     be read
   * @throws IOException if the JWKS cannot be read or holds no usable key, and neither does {@code
   *     saved}
   */
  KeySource(JwksFetcher fetcher, TokenSettings settings, RefreshClock clock, Jwks saved)
      throws IOException {
    this(fetcher, settings, clock, saved, KeySource::runInDaemonThread);
  }

  KeySource(
      JwksFetcher fetcher,
      TokenSettings settings,
      RefreshClock clock,
      Jwks saved,
      Executor background)
      throws IOException {
    this.fetcher = fetcher;
    this.settings = settings;
    this.clock = clock;
    this.background = background;
    Reading restored = restored(saved);
    boolean usable = restored != null && restored.failure == null;
    // No older than those of a job that runs on.
    boolean young = usable && age(saved).compareTo(settings.keyRefresh()) <= 0;
    if (young) {
      last = restored;
      start();
    } else {
      last = read();
      startedAt = last.endedAt;
      if (last.failure != null && !usable) {
        throw restored == null
            ? last.failure
            : new IOException(
                last.failure.getMessage()
                    + "; the keys of the checkpoint are not used: "
                    + restored.failure.getMessage(),
                last.failure);
      }
      if (last.failure != null) {
        LOG.warn("Keeping the keys known so far: {}", last.failure.getMessage());
      }
    }
    boolean withSaved = young || last.failure != null;
    if (withSaved) {
      LOG.info("Starting with the keys of the checkpoint, read {} s ago", age(saved).toSeconds());
    }
    Reading first = withSaved ? restored : last;
    // Saved ones are not fresh: a key that is missing from them may exist by now.
    succeededAt = withSaved ? first.endedAt - FRESH.toNanos() : first.endedAt;
    current = first.keys;
    lastRead = first.jwks;
  }

  /** What was read before, or why it is not used; null if there is nothing of this location. */
  private Reading restored(Jwks saved) {
    if (saved == null || !saved.location().equals(fetcher.location())) {
      return null;
    }
    long now = clock.nanoTime();
    Duration age = age(saved);
    Duration limit = settings.jwksMaxAge();
    if (age.compareTo(limit) > 0) {
      String tooOld =
          "they were read " + age.toSeconds() + " s ago, the limit is " + limit.toSeconds() + " s";
      return new Reading(null, null, new IOException(tooOld), now);
    }
    try {
      KeySet keys = KeySet.parse(saved.text(), settings.algorithms());
      return new Reading(keys, saved, null, now);
    } catch (IOException e) {
      return new Reading(null, null, e, now);
    }
  }

  private Duration age(Jwks saved) {
    return Duration.ofMillis(clock.epochMillis() - saved.readAt());
  }

  /** The current keys. The same object as long as they are the same keys. */
  KeySet keys() {
    if (finished.get() != null) {
      takeOver(finished.getAndSet(null));
    }
    if (clock.nanoTime() - startedAt >= settings.keyRefresh().toNanos()) {
      start();
    }
    return current;
  }

  /** The JWKS that the current keys are from, as it was last read. May be called by any thread. */
  Jwks lastRead() {
    return lastRead;
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
      lastRead = ended.jwks;
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
      String text = fetcher.fetch();
      KeySet keys = KeySet.parse(text, settings.algorithms());
      Jwks jwks = new Jwks(fetcher.location(), text, clock.epochMillis());
      return new Reading(keys, jwks, null, clock.nanoTime());
    } catch (Throwable e) { // An error, too, must end the reading: else none would ever follow.
      String message = "the JWKS %s cannot be used: %s".formatted(fetcher.location(), describe(e));
      return new Reading(null, null, new IOException(message, e), clock.nanoTime());
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
