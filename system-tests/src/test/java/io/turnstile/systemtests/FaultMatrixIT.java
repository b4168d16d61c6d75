package io.turnstile.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.testbed.ContainerTestbed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every fault once, on one cluster of containers. System properties: {@code matrix.seed} repeats a
 * run, {@code matrix.faults} takes only faults in whose names this expression is found.
 */
@Tag("containers")
class FaultMatrixIT {

  private static final long SEED = Long.getLong("matrix.seed", System.nanoTime());
  private static final Pattern ONLY = Pattern.compile(System.getProperty("matrix.faults", ""));

  @TempDir static Path directory;

  private static ContainerTestbed testbed;

  @BeforeAll
  static void start() {
    System.out.printf("the matrix, -Dmatrix.seed=%d%n", SEED);
    testbed = FaultMatrix.start();
  }

  @AfterAll
  static void stop() {
    if (testbed != null) {
      testbed.close();
    }
  }

  @TestFactory
  Stream<DynamicTest> everyInputHasItsOneVerdictAfter() {
    return FaultMatrix.faults(testbed).stream()
        .filter(fault -> ONLY.matcher(fault.name()).find())
        .map(fault -> DynamicTest.dynamicTest(fault.name(), () -> run(fault)));
  }

  @Test
  void withoutSuppressionInputsGetASecondVerdict() throws Exception {
    FaultScenario.Result result =
        FaultScenario.drawn(SEED)
            .with("journal")
            .withoutSuppression(directory)
            .run(testbed, Faults.onEveryTestbed().get(0), "sabotaged.", directory);
    assertThat(result.audit().passed()).isFalse();
    assertThat(result.audit().duplicated()).isPositive();
    assertThat(result.audit().missing()).isZero();
  }

  private void run(Fault<? super ContainerTestbed> fault) throws Exception {
    FaultScenario scenario = FaultScenario.drawn(SEED + fault.name().hashCode());
    String prefix = fault.name().toLowerCase(Locale.ROOT).replaceAll("[^a-z]+", "-") + ".";
    try {
      FaultScenario.Result result = scenario.run(testbed, fault, prefix, directory);
      assertThat(result.audit().passed()).as(result.audit().toText(20)).isTrue();
      assertThat(result.readersAgree()).as("readers agree").isTrue();
      assertThat(result.recovery()).as("recovery").isLessThan(Duration.ofSeconds(60));
    } catch (Exception | AssertionError e) {
      testbed.markFailed();
      throw e;
    }
  }
}
