package io.turnstile.job.commit.journal.postgresql;

import io.turnstile.job.commit.journal.JournalException;

/** The lane had another owner when it was looked at. */
final class FencedException extends JournalException {

  FencedException(String message) {
    super(message);
  }
}
