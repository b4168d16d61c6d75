package io.turnstile.job.read;

import io.turnstile.events.SourcePosition;
import java.io.IOException;
import java.io.Serializable;

/** Inputs, to be read again one at a time: rarely, for each reading connects anew. */
@FunctionalInterface
public interface Inputs extends Serializable {

  /**
   * Reads an input as its source does.
   *
   * @throws NoSuchInputException if it is no longer there
   * @throws IOException if it cannot be read within some seconds
   */
  InputRecord at(SourcePosition position) throws IOException, InterruptedException;
}
