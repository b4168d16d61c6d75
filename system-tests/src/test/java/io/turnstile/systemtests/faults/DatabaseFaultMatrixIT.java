package io.turnstile.systemtests.faults;

import io.turnstile.systemtests.harness.faults.DatabaseFaults;
import io.turnstile.systemtests.harness.faults.Fault;
import io.turnstile.systemtests.harness.faults.FaultMatrix;
import io.turnstile.systemtests.harness.faults.Faults;
import io.turnstile.testbed.LeakCheck;
import io.turnstile.testbed.Testbed;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** {@link ProcessFaultMatrixIT} with the verdicts in PostgreSQL, and with the faults of that. */
@Tag("long")
class DatabaseFaultMatrixIT {

  @TempDir static Path directory;

  private static Testbed testbed;

  @BeforeAll
  static void start() {
    System.out.printf("the matrix on PostgreSQL, -Dmatrix.seed=%d%n", FaultMatrix.SEED);
    testbed = FaultMatrix.startProcessesWithPostgresql();
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
    List<Fault<? super Testbed>> faults = new ArrayList<>(DatabaseFaults.all());
    faults.addAll(Faults.onEveryTestbed());
    return FaultMatrix.tests(testbed, faults, directory, scenario -> scenario.with("postgresql"));
  }
}
