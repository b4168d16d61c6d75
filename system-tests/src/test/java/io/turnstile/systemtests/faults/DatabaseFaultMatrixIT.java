package io.turnstile.systemtests.faults;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.systemtests.harness.faults.DatabaseFaults;
import io.turnstile.systemtests.harness.faults.Fault;
import io.turnstile.systemtests.harness.faults.FaultMatrix;
import io.turnstile.systemtests.harness.faults.FaultScenario;
import io.turnstile.systemtests.harness.faults.Faults;
import io.turnstile.systemtests.harness.faults.SmallDisk;
import io.turnstile.testbed.LeakCheck;
import io.turnstile.testbed.Testbed;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** {@link ProcessFaultMatrixIT} with the verdicts in PostgreSQL, and with the faults of that. */
@Tag("long")
class DatabaseFaultMatrixIT {

  @TempDir static Path directory;

  private static Testbed testbed;
  private static Optional<SmallDisk> disk;

  @BeforeAll
  static void start() throws IOException {
    System.out.printf("the matrix on PostgreSQL, -Dmatrix.seed=%d%n", FaultMatrix.SEED);
    disk = SmallDisk.mount();
    if (disk.isEmpty()) {
      System.out.println("without the fault that needs the right to mount a disk");
    }
    testbed = FaultMatrix.startProcessesWithPostgresql();
  }

  @AfterAll
  static void stop() throws IOException {
    if (testbed != null) {
      testbed.close();
    }
    if (disk.isPresent()) {
      disk.get().close();
    }
    LeakCheck.assertNothingLeft();
  }

  @TestFactory
  Stream<DynamicTest> everyInputHasItsOneVerdictAfter() {
    List<Fault<? super Testbed>> faults = new ArrayList<>(DatabaseFaults.all());
    disk.map(DatabaseFaults::diskFull).ifPresent(faults::add);
    faults.addAll(Faults.onEveryTestbed());
    return FaultMatrix.tests(testbed, faults, directory, scenario -> scenario.with("postgresql"));
  }

  /**
   * A commit that arrives after the take-over is carried out, and the table's key, which would
   * refuse it, is gone, too: the audit finds a second verdict, or the next take-over refuses what
   * it finds.
   */
  @Test
  void storeWithoutFencingIsCaught() throws Exception {
    FaultMatrix.replaceEnded(testbed);
    FaultScenario sabotaged =
        FaultScenario.drawn(FaultMatrix.SEED).with("postgresql").withoutFencing(directory);
    Fault<Testbed> fault =
        Fault.of(
            "keys dropped, then a late commit",
            Duration.ZERO,
            (everything, jobId) -> {
              DatabaseFaults.dropKeys(everything.database());
              return DatabaseFaults.frozenWhileCommitting(everything, jobId);
            });
    // Not require: what is to fail keeps no logs.
    assertThatThrownBy(() -> sabotaged.run(testbed, fault, "sabotaged.", directory).requireRight())
        .isInstanceOf(AssertionError.class)
        .message()
        .containsAnyOf("duplicated", "more than one verdict", "others than those");
  }
}
