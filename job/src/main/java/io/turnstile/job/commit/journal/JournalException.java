package io.turnstile.job.commit.journal;

import io.turnstile.clients.Generation;

/**
 * The journal failed, and with it the attempt that uses it; the next attempt may succeed. The
 * message is one line: what, why, what to do.
 */
public class JournalException extends Exception {

  public JournalException(String message) {
    super(message);
  }

  public JournalException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Somebody else took the lane over: another job, or another attempt of this one. */
  public static final class Fenced extends JournalException {

    public Fenced(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** No further attempt can succeed before somebody does what the message says. */
  public static final class Refused extends JournalException {

    public Refused(String message) {
      super(message);
    }

    public Refused(String message, Throwable cause) {
      super(message, cause);
    }

    /**
     * Another generation is the owner, and this one is not above it.
     *
     * @param at begins the message
     */
    public static Refused superseded(String at, Generation mine, Generation owner) {
      return new Refused(
          at
              + "generation "
              + owner.number()
              + " (job "
              + owner.job()
              + ") is the owner, and this job is generation "
              + mine.number()
              + ": it stops for good; to go back to it, start it with a --generation above "
              + owner.number()
              + " (./turnstile upgrade)");
    }
  }
}
