package io.turnstile.systemtests.faults;

import io.turnstile.systemtests.harness.faults.Fault;
import io.turnstile.systemtests.harness.faults.FaultMatrix;
import io.turnstile.systemtests.harness.faults.FaultScenario;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedProcess;
import io.turnstile.testbed.container.ContainerOptions;
import io.turnstile.testbed.container.ContainerTestbed;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker that ends because its disk is full, and starts again when somebody has made room. */
@Tag("containers")
class FullBrokerDiskIT {

  @TempDir Path directory;

  @Test
  void nothingIsLostOrDoubled() throws Exception {
    try (ContainerTestbed testbed =
        new ContainerTestbed(
            TestbedConfig.builder().taskManagerMemory("1600m").build(),
            ContainerOptions.defaults().withBrokerDisk("800m"))) {
      testbed.start();
      Fault<ContainerTestbed> fault =
          Fault.of("broker's disk full", Duration.ofSeconds(5), (bed, job) -> fill(bed));
      FaultScenario.drawn(FaultMatrix.SEED)
          .require(FaultScenario.Result::requireClean, testbed, fault, "full.", directory);
    }
  }

  private static Runnable fill(ContainerTestbed testbed) {
    testbed.faults().fillBrokerDisk();
    return () -> {
      testbed.faults().freeBrokerDisk();
      testbed.start(TestbedProcess.BROKER);
    };
  }
}
