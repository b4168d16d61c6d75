package io.turnstile.bench.measure;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Tells since when an engine is steady: its compilers have done most of their work, and it keeps up
 * with its input in time. Immutable.
 */
public final class SteadyState {

  /** A tenth of a machine with two cores. */
  static final double BUSY_CORES = 0.2;

  /** Long enough not to take a pause of the compilers for their end. */
  static final int SECONDS = 10;

  private final boolean known;
  private final Double afterS;
  private final OptionalDouble coresWhenMeasured;
  private final double warmUpS;
  private final boolean faultCame;

  /**
   * Looks for the first seconds in a row that are steady.
   *
   * @param compilerCores of the processes of the engine and its broker together, by the seconds of
   *     the recorder; NaN where it is not known
   * @param firstFault the second of the first fault; what comes then is a recovery, not a start.
   *     {@link Integer#MAX_VALUE} if there is none
   */
  public SteadyState(
      LatencyRecorder recording, double[] compilerCores, int firstFault, double p99LimitMs) {
    int seconds = Math.min(firstFault, compilerCores.length);
    int second =
        recording.inTimeFrom(
            0, seconds, SECONDS, p99LimitMs, each -> compilerCores[each] < BUSY_CORES);
    known = Arrays.stream(compilerCores).anyMatch(cores -> !Double.isNaN(cores));
    afterS = second < 0 ? null : Double.valueOf(second);
    warmUpS = (recording.measuredFromNanos() - recording.startNanos()) / 1e9;
    faultCame = firstFault < compilerCores.length;
    coresWhenMeasured =
        Arrays.stream(compilerCores)
            .limit(seconds)
            .skip((long) warmUpS)
            .limit(SECONDS)
            .filter(cores -> !Double.isNaN(cores))
            .average();
  }

  /**
   * Returns the seconds from the first transaction until the engine was steady; null if it never
   * was, or if it is not known what the compilers took.
   */
  public Double afterS() {
    return afterS;
  }

  /** Returns a line if what was measured began before the engine was steady, as far as known. */
  public Optional<String> note() {
    if (!known) {
      return Optional.empty();
    }
    if (afterS == null) {
      return Optional.of(
          "Measured before the engine was steady, which it did not become "
              + (faultCame ? "before the first fault." : "at all."));
    }
    if (afterS > warmUpS) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "Measured before the engine was steady, which it became %.0f s later.",
              afterS - warmUpS));
    }
    // Warmed up at another rate, perhaps.
    return coresWhenMeasured.orElse(0) < BUSY_CORES
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "The engine was steady after %.0f s, but in the first %d s that were measured its"
                    + " compilers took %.2f cores again.",
                afterS,
                SECONDS,
                coresWhenMeasured.getAsDouble()));
  }
}
