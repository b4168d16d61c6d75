package io.turnstile.job.commit.journal;

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

  /** No further attempt can succeed before somebody does what the message says. */
  public static final class Refused extends JournalException {

    public Refused(String message) {
      super(message);
    }

    public Refused(String message, Throwable cause) {
      super(message, cause);
    }
  }
}
