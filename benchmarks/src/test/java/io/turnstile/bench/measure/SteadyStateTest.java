package io.turnstile.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.IntToDoubleFunction;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SteadyStateTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final int NO_FAULT = Integer.MAX_VALUE;

  private final LatencyRecorder recording = new LatencyRecorder(20 * SECOND);

  @Test
  void steadyWithTheFirstOfTenSecondsInWhichCompilersRest() {
    load(40, second -> 20);

    assertThat(steady(40, second -> second < 12 ? 0.9 : 0.1).afterS()).isEqualTo(12);
    assertThat(steady(40, second -> 0).afterS()).isZero();
  }

  @Test
  void fifthOfACoreIsTooMuch() {
    load(40, second -> 20);

    assertThat(steady(40, second -> 0.2).afterS()).isNull();
  }

  @Test
  void secondInWhichCompilersWorkBeginsTheRowAnew() {
    load(40, second -> 20);

    assertThat(steady(40, second -> second == 9 || second == 15 ? 0.5 : 0.1).afterS())
        .isEqualTo(16);
  }

  @Test
  void secondThatIsLateBeginsTheRowAnew() {
    load(40, second -> second == 8 ? 150 : 20);

    assertThat(steady(40, second -> 0.1).afterS()).isEqualTo(9);
  }

  @Test
  void nineSecondsAreNotEnough() {
    load(9, second -> 20);

    assertThat(steady(9, second -> 0.1).afterS()).isNull();
  }

  @Test
  void secondOfWhichNothingIsKnownIsNotSteady() {
    load(40, second -> 20);

    assertThat(steady(40, second -> second == 0 ? Double.NaN : 0.1).afterS()).isEqualTo(1);
  }

  @Test
  void whatComesAfterAFaultIsARecovery() {
    load(60, second -> 20);

    SteadyState none = steady(60, 30, second -> second < 21 ? 0.9 : 0.1);

    assertThat(none.afterS()).isNull();
    assertThat(none.note())
        .hasValue(
            "Measured before the engine was steady, which it did not become before the first"
                + " fault.");
    assertThat(steady(60, 31, second -> second < 21 ? 0.9 : 0.1).afterS()).isEqualTo(21);
  }

  @Test
  void nothingIsToBeNotedIfItWasSteadyWhenItWasMeasured() {
    load(60, second -> 20);

    assertThat(steady(60, second -> second < 20 ? 0.9 : 0.1).note()).isEmpty();
  }

  @Test
  void measuredTooEarlyIsNoted() {
    load(60, second -> 20);

    assertThat(steady(60, second -> second < 27 ? 0.9 : 0.1).note())
        .hasValue("Measured before the engine was steady, which it became 7 s later.");
    assertThat(steady(60, second -> 0.9).note())
        .hasValue("Measured before the engine was steady, which it did not become at all.");
  }

  @Test
  void compilersThatWorkAgainWhenItIsMeasuredAreNoted() {
    load(60, second -> 20);

    assertThat(steady(60, second -> second < 20 || second > 29 ? 0.1 : 0.5).note())
        .hasValue(
            "The engine was steady after 0 s, but in the first 10 s that were measured its"
                + " compilers took 0.50 cores again.");
    assertThat(steady(60, second -> second == 25 ? 0.9 : 0.05).note())
        .as("a single second does not matter")
        .isEmpty();
    assertThat(steady(60, 20, second -> second < 20 ? 0.1 : 0.9).note())
        .as("nor does what a fault at once has them do")
        .isEmpty();
  }

  @Test
  void nothingIsNotedWhereNothingIsKnown() {
    load(60, second -> 20);

    SteadyState unknown = steady(60, second -> Double.NaN);

    assertThat(unknown.afterS()).isNull();
    assertThat(unknown.note()).isEmpty();
  }

  private SteadyState steady(int seconds, IntToDoubleFunction cores) {
    return steady(seconds, NO_FAULT, cores);
  }

  private SteadyState steady(int seconds, int firstFault, IntToDoubleFunction cores) {
    double[] compilers = new double[seconds];
    Arrays.setAll(compilers, cores);
    return new SteadyState(recording, compilers, firstFault, 100);
  }

  /** A transaction in each second, decided after so many milliseconds. */
  private void load(int seconds, IntToLongFunction millis) {
    IntStream.range(0, seconds)
        .forEach(
            second -> {
              long intended = second * SECOND;
              recording.sent(intended, intended);
              recording.joined(
                  0,
                  intended,
                  intended + TimeUnit.MILLISECONDS.toNanos(millis.applyAsLong(second)));
            });
  }
}
