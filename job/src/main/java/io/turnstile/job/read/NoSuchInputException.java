package io.turnstile.job.read;

import io.turnstile.events.SourcePosition;
import java.io.IOException;

/** The topic no longer has an input: no later reading finds it. */
public final class NoSuchInputException extends IOException {

  public NoSuchInputException(SourcePosition position) {
    super("input " + position + " is no longer in its topic");
  }
}
