package io.turnstile.bench.result;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.bench.result.LeakResult.Trend;
import io.turnstile.bench.result.LeakResult.Verdict;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class LeakResultTest {

  private static final Trend HEAP = trend("heap after GC", Verdict.NO_LEAK);
  private static final Trend GROWING = trend("threads", Verdict.LEAK);
  private static final Trend UNCLEAR = trend("open files", Verdict.NOT_ENOUGH_DATA);

  @Test
  void leaksAreCountedOnceEveryMetricOfTheProcessesIsJudged() {
    assertThat(result(HEAP, HEAP).count()).hasValue(0);
    assertThat(result(HEAP, GROWING).count()).hasValue(1);
  }

  @Test
  void metricThatCannotBeJudgedIsNotTakenForOneThatDoesNotLeak() {
    assertThat(result(HEAP, UNCLEAR).count()).isEmpty();
    assertThat(result(GROWING, UNCLEAR).count()).isEmpty();
    assertThat(result().count()).isEmpty();
  }

  @Test
  void stateThatStillHasToGrowNeedNotBeJudged() {
    Trend state = trend(LeakResult.STATE_SIZE, Verdict.NOT_ENOUGH_DATA);

    assertThat(result(HEAP, state).count()).hasValue(0);
    assertThat(result(state).count()).isEmpty();
    assertThat(result(HEAP, trend(LeakResult.STATE_SIZE, Verdict.LEAK)).count()).hasValue(1);
  }

  private static LeakResult result(Trend... trends) {
    return new LeakResult(Verdict.NO_LEAK, Arrays.asList(trends), null);
  }

  private static Trend trend(String metric, Verdict verdict) {
    return new Trend("process", metric, "", verdict, null, null, null, 1, List.of());
  }
}
