package io.turnstile.job.codec;

import java.io.IOException;

/** The number at the head of a value in state. */
public final class StateFormat {

  private StateFormat() {}

  /**
   * Checks the number read.
   *
   * @throws IOException if this version of the job does not know it
   */
  public static void expect(int known, int found, Class<?> type) throws IOException {
    if (found != known) {
      throw new IOException(
          "state of "
              + type.getSimpleName()
              + " has format "
              + found
              + ", this version of the job reads "
              + known
              + ": restore with the version that wrote it");
    }
  }
}
