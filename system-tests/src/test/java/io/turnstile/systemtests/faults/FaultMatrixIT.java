package io.turnstile.systemtests.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.audit.AuditReport;
import io.turnstile.systemtests.harness.faults.FaultMatrix;
import io.turnstile.systemtests.harness.faults.FaultScenario;
import io.turnstile.systemtests.harness.faults.Faults;
import io.turnstile.testbed.container.ContainerTestbed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Faults once each, on one cluster of containers. System properties: {@code matrix.seed} repeats a
 * run, {@code matrix.faults} takes the faults in whose names this expression is found instead of
 * six that the seed draws; {@code .} takes all.
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
    return FaultMatrix.tests(testbed, FaultMatrix.faultsOf(testbed), directory);
  }

  /**
   * If a second failure makes the job take over once more, it finds them itself, and refuses to
   * continue.
   */
  @Test
  void withoutSuppressionInputsGetASecondVerdict() throws Exception {
    FaultMatrix.replaceEnded(testbed);
    FaultScenario sabotaged =
        FaultScenario.drawn(FaultMatrix.SEED).with("journal").withoutSuppression(directory);
    String prefix = "sabotaged.";
    String refusal = "has more than one verdict";
    AuditReport audit;
    boolean refused;
    try {
      FaultScenario.Result result =
          sabotaged.run(testbed, Faults.onEveryTestbed().get(0), prefix, directory);
      audit = result.audit();
      refused = result.failures().stream().anyMatch(failure -> failure.contains(refusal));
    } catch (AssertionError e) {
      assertThat(e).hasMessageContaining(refusal);
      audit = FaultScenario.audit(testbed, prefix, directory, Duration.ZERO);
      refused = true;
    }
    assertThat(audit.duplicated()).isPositive();
    assertThat(audit.passed()).isFalse();
    if (!refused) {
      assertThat(audit.missing()).isZero();
    }
  }
}
