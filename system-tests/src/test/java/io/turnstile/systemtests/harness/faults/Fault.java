package io.turnstile.systemtests.harness.faults;

import io.turnstile.testbed.Testbed;
import java.time.Duration;

/**
 * Something that goes wrong with a testbed under load, and how it is mended.
 *
 * @param <T> the testbeds that it can happen to
 * @param name its name in reports
 * @param lasts the time before it is mended
 * @param stops true if verdicts stop or the job fails, false if verdicts are only late
 * @param inflict makes it go wrong
 */
public record Fault<T extends Testbed>(
    String name, Duration lasts, boolean stops, Infliction<T> inflict) {

  /** Makes something go wrong with a testbed that runs the job. */
  public interface Infliction<T extends Testbed> {

    /** Does so, and returns how to mend it. */
    Runnable inflict(T testbed, String jobId);
  }

  public static <T extends Testbed> Fault<T> of(
      String name, Duration lasts, Infliction<T> inflict) {
    return new Fault<>(name, lasts, true, inflict);
  }

  /** One that a job may live through. */
  public static <T extends Testbed> Fault<T> slowing(
      String name, Duration lasts, Infliction<T> inflict) {
    return new Fault<>(name, lasts, false, inflict);
  }

  @Override
  public String toString() {
    return name;
  }
}
