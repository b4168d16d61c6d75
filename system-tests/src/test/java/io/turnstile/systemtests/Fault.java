package io.turnstile.systemtests;

import io.turnstile.testbed.Testbed;
import java.time.Duration;

/**
 * Something that goes wrong with a testbed under load, and how it is mended.
 *
 * @param <T> the testbeds that it can happen to
 * @param name what the report calls it
 * @param lasts how long it is left as it is before it is mended
 * @param stops whether verdicts stop or the job fails for it, and are not only late
 * @param inflict what goes wrong
 */
record Fault<T extends Testbed>(String name, Duration lasts, boolean stops, Infliction<T> inflict) {

  /** Makes something go wrong with a testbed that runs the job. */
  interface Infliction<T extends Testbed> {

    /** Does so, and returns how to mend it. */
    Runnable inflict(T testbed, String jobId);
  }

  static <T extends Testbed> Fault<T> of(String name, Duration lasts, Infliction<T> inflict) {
    return new Fault<>(name, lasts, true, inflict);
  }

  /** One that a job may live through. */
  static <T extends Testbed> Fault<T> slowing(String name, Duration lasts, Infliction<T> inflict) {
    return new Fault<>(name, lasts, false, inflict);
  }

  @Override
  public String toString() {
    return name;
  }
}
