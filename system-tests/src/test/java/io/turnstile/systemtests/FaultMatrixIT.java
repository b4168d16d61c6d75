package io.turnstile.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.testbed.ContainerTestbed;
import java.nio.file.Path;
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

  @TempDir static Path directory;

  private static ContainerTestbed testbed;

  @BeforeAll
  static void start() {
    System.out.printf("the matrix, -Dmatrix.seed=%d%n", FaultMatrix.SEED);
    testbed = FaultMatrix.startContainers();
  }

  @AfterAll
  static void stop() {
    if (testbed != null) {
      testbed.close();
    }
  }

  @TestFactory
  Stream<DynamicTest> everyInputHasItsOneVerdictAfter() {
    return FaultMatrix.tests(testbed, FaultMatrix.faultsOf(testbed), FaultMatrix.SEED, directory);
  }

  /** The audit finds it; the job itself finds it where a second failure made it take over again. */
  @Test
  void withoutSuppressionInputsGetASecondVerdict() throws Exception {
    FaultMatrix.replaceEnded(testbed);
    FaultScenario sabotaged =
        FaultScenario.drawn(FaultMatrix.SEED).with("journal").withoutSuppression(directory);
    FaultScenario.Result result;
    try {
      result = sabotaged.run(testbed, Faults.onEveryTestbed().get(0), "sabotaged.", directory);
    } catch (AssertionError e) {
      assertThat(e).hasMessageContaining("has more than one verdict");
      return;
    }
    assertThat(result.audit().duplicated()).isPositive();
    assertThat(result.audit().missing()).isZero();
    assertThatThrownBy(result::requireClean).isInstanceOf(AssertionError.class);
  }
}
