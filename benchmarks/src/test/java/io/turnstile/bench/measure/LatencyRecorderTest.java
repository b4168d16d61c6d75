package io.turnstile.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.turnstile.bench.result.Latency;
import io.turnstile.bench.result.Point;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

class LatencyRecorderTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
  private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

  private final long start = System.nanoTime();
  private final LatencyRecorder recording = new LatencyRecorder(2 * SECOND);

  @Test
  void warmUpIsInTheSeriesBeforeZeroAndNotInTheDistribution() {
    input(0, 900);
    input(2, 10);

    assertThat(recording.measured().getTotalCount()).isEqualTo(1);
    Latency latency = recording.latency();
    assertThat(latency.committed().max()).isCloseTo(10, within(0.1));
    assertThat(latency.series()).extracting(Latency.Interval::t).containsExactly(-2.0, 0.0);
  }

  @Test
  void latencyBelongsToTheSecondInWhichItWasMeantToBeSent() {
    input(2, 10);
    input(3, 1_500);

    assertThat(recording.latency().series().get(2).max()).isCloseTo(1_500, within(15.0));
    assertThat(recording.verdictSeries())
        .extracting(Point::y)
        .containsExactly(1.0, 0.0, 1.0, 0.0, 1.0);
  }

  @Test
  void secondWithoutPromptVerdictIsNotAvailable() {
    input(2, 10);
    input(3, 1_500);
    input(4, 10);
    input(4, 5_000);

    assertThat(recording.availability(second -> true)).isCloseTo(2 / 3.0, within(1e-9));
    assertThat(recording.availability(second -> second != 3)).isEqualTo(1);
  }

  @Test
  void secondsWithoutInputAreNeitherAvailableNorNot() {
    input(2, 10);
    input(9, 10);

    assertThat(recording.availability(second -> true)).isEqualTo(1);
  }

  @Test
  void firstVerdictAfterAFaultIsOfAnInputSentAfterIt() {
    long fault = start + 3 * SECOND;
    LongSupplier resumed = recording.firstVerdictAfter(fault);
    input(2, 5_000);
    assertThat(resumed.getAsLong()).isEqualTo(Long.MAX_VALUE);

    input(4, 2_000);
    input(5, 1_500);

    assertThat(resumed.getAsLong()).isEqualTo(start + 6 * SECOND);
  }

  @Test
  void streamGoesOnWhenItsLastPartitionDoes() {
    input(2, 10);
    recording.joined(1, start + 2 * SECOND, start + 2 * SECOND + MILLI);
    LongSupplier resumed = recording.firstVerdictAfter(start + 3 * SECOND);
    input(4, 10);
    assertThat(resumed.getAsLong()).isEqualTo(Long.MAX_VALUE);

    recording.joined(1, start + 4 * SECOND, start + 9 * SECOND);
    recording.joined(2, start + 10 * SECOND, start + 11 * SECOND);
    input(10, 10);

    assertThat(resumed.getAsLong()).isEqualTo(start + 9 * SECOND);
  }

  @Test
  void everyFaultHasAFirstVerdictOfItsOwn() {
    LongSupplier first = recording.firstVerdictAfter(start + 3 * SECOND);
    LongSupplier second = recording.firstVerdictAfter(start + 5 * SECOND);
    input(4, 100);

    assertThat(first.getAsLong()).isEqualTo(start + 4 * SECOND + 100 * MILLI);
    assertThat(second.getAsLong()).isEqualTo(Long.MAX_VALUE);

    input(6, 100);

    assertThat(first.getAsLong()).isEqualTo(start + 4 * SECOND + 100 * MILLI);
    assertThat(second.getAsLong()).isEqualTo(start + 6 * SECOND + 100 * MILLI);
  }

  @Test
  void caughtUpOnceThreeSecondsHoldTheLimit() {
    for (int second = 0; second < 12; second++) {
      input(second, second == 3 || second == 5 ? 900 : 20);
    }

    assertThat(recording.caughtUpSecond(3, 100)).isEqualTo(6);
    assertThat(recording.caughtUpSecond(11, 100)).isEqualTo(-1);
  }

  @Test
  void secondWithoutInputIsPassedOverAndTheFirstOfTheRowCounts() {
    for (int second : new int[] {3, 4, 9}) {
      input(second, 20);
    }

    assertThat(recording.caughtUpSecond(3, 100)).isEqualTo(3);
  }

  @Test
  void secondsOfARowAreAllBeforeALimitAndMeetTheOtherCondition() {
    for (int second = 0; second < 12; second++) {
      input(second, 20);
    }

    assertThat(recording.inTimeFrom(0, 12, 5, 100, second -> second != 3)).isEqualTo(4);
    assertThat(recording.inTimeFrom(0, 9, 5, 100, second -> second != 3)).isEqualTo(4);
    assertThat(recording.inTimeFrom(0, 8, 5, 100, second -> second != 3)).isEqualTo(-1);
    assertThat(recording.inTimeFrom(0, 99, 5, 100, second -> second > 6)).isEqualTo(7);
  }

  @Test
  void secondWithAMissingVerdictIsNotCaughtUp() {
    recording.sent(start, start);
    for (int second = 0; second < 6; second++) {
      input(second, 20);
    }

    assertThat(recording.caughtUpSecond(0, 100)).isEqualTo(1);
  }

  @Test
  void verdictsOfAnEarlierStretchDoNotCount() {
    input(0, 10);

    recording.joined(0, start - 10 * SECOND, start + MILLI);

    assertThat(recording.answered()).isEqualTo(1);
  }

  @Test
  void backlogIsWhatWasAcknowledgedAndHasNoVerdictYet() {
    recording.sent(start, start);
    recording.sent(start, start);
    recording.joined(0, start, start + 3 * SECOND);

    assertThat(recording.backlogSeries()).extracting(Point::y).containsExactly(2.0, 2.0, 2.0, 1.0);
  }

  @Test
  void rateIsTheMeanOfWholeMeasuredSeconds() {
    for (int second = 0; second < 6; second++) {
      for (int i = 0; i < (second < 2 ? 9 : 4); i++) {
        input(second, 1);
      }
    }

    assertThat(recording.meanOverMeasured(recording.verdictSeries())).isEqualTo(4);
  }

  /** One that is sent right at the beginning of a second; another one makes the first second. */
  private void input(int second, long latencyMillis) {
    long intended = start + second * SECOND;
    if (!recording.started()) {
      recording.sent(start, start);
      if (second == 0) {
        recording.joined(0, start, start + latencyMillis * MILLI);
        return;
      }
      recording.joined(0, start, start + 1);
    }
    recording.sent(intended, intended);
    recording.joined(0, intended, intended + latencyMillis * MILLI);
  }
}
