package io.turnstile.systemtests.faults;

import io.turnstile.systemtests.harness.faults.FaultMatrix;
import io.turnstile.systemtests.harness.faults.Faults;
import io.turnstile.testbed.LeakCheck;
import io.turnstile.testbed.Testbed;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** {@link FaultMatrixIT} on local processes, with the faults that those can have. */
@Tag("long")
class ProcessFaultMatrixIT {

  @TempDir static Path directory;

  private static Testbed testbed;

  @BeforeAll
  static void start() {
    System.out.printf("the matrix on processes, -Dmatrix.seed=%d%n", FaultMatrix.SEED);
    testbed = FaultMatrix.startProcesses();
  }

  @AfterAll
  static void stop() {
    if (testbed != null) {
      testbed.close();
    }
    LeakCheck.assertNothingLeft();
  }

  @TestFactory
  Stream<DynamicTest> everyInputHasItsOneVerdictAfter() {
    return FaultMatrix.tests(testbed, List.copyOf(Faults.onEveryTestbed()), directory);
  }
}
