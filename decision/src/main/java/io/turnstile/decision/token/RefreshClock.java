package io.turnstile.decision.token;

/** The time by which keys are fetched. */
interface RefreshClock {

  RefreshClock SYSTEM =
      new RefreshClock() {
        @Override
        public long nanoTime() {
          return System.nanoTime();
        }

        @Override
        public void sleep(long millis) throws InterruptedException {
          Thread.sleep(millis);
        }
      };

  /** As {@link System#nanoTime}. */
  long nanoTime();

  /** As {@link Thread#sleep(long)}. */
  void sleep(long millis) throws InterruptedException;
}
