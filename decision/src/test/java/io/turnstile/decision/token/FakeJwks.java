package io.turnstile.decision.token;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;

/** A JWKS and the clock it is fetched by, both in the test's hand; not thread-safe. */
final class FakeJwks implements JwksFetcher, RefreshClock, Executor {

  /** Time of the wall clock at the start, epoch milliseconds. */
  static final long EPOCH = 1_800_000_000_000L;

  /** The published JWKS; null if nobody answers. */
  String published;

  /** Duration of a fetch. */
  Duration delay = Duration.ZERO;

  /** Time when somebody answers again, in nanoseconds. */
  long backAt = Long.MIN_VALUE;

  int fetches;

  private long now;
  private final Queue<Runnable> background = new ArrayDeque<>();

  FakeJwks(String published) {
    this.published = published;
  }

  void pass(Duration time) {
    now += time.toNanos();
  }

  void down(Duration time) {
    backAt = now + time.toNanos();
  }

  /** Runs what was to run in the background; returns how much that was. */
  int runBackground() {
    int tasks = background.size();
    while (!background.isEmpty()) {
      background.remove().run();
    }
    return tasks;
  }

  @Override
  public String location() {
    return "https://issuer.test/jwks";
  }

  @Override
  public String fetch() throws IOException {
    fetches++;
    pass(delay);
    if (now < backAt) {
      throw new IOException("nobody answers");
    }
    return published;
  }

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public long epochMillis() {
    return EPOCH + Duration.ofNanos(now).toMillis();
  }

  @Override
  public void sleep(long millis) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    runBackground();
    pass(Duration.ofMillis(millis));
  }

  @Override
  public void execute(Runnable task) {
    background.add(task);
  }
}
