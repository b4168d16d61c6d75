package io.turnstile.systemtests;

import io.turnstile.testbed.ContainerOptions;
import io.turnstile.testbed.ContainerTestbed;
import io.turnstile.testbed.TestbedConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The cluster of containers that faults are inflicted on one after another, and the faults. */
final class FaultMatrix {

  private FaultMatrix() {}

  static List<Fault<? super ContainerTestbed>> faults(ContainerTestbed testbed) {
    List<Fault<? super ContainerTestbed>> faults = new ArrayList<>(Faults.onEveryTestbed());
    faults.addAll(ContainerFaults.all());
    if (testbed.canFilterPackets()) {
      faults.addAll(ContainerFaults.byFilter());
    } else {
      System.out.println("without the faults that need the right to filter packets");
    }
    return faults;
  }

  /** Starts it: one TaskManager more than the job needs, and short heartbeats. */
  static ContainerTestbed start() {
    ContainerTestbed testbed =
        new ContainerTestbed(
            TestbedConfig.builder()
                .taskManagers(2)
                .taskManagerMemory("1600m")
                .flinkConfig(Map.of("heartbeat.interval", "2 s", "heartbeat.timeout", "6 s"))
                .build(),
            ContainerOptions.defaults().withHighAvailability());
    try {
      testbed.start();
    } catch (RuntimeException e) {
      testbed.close();
      throw e;
    }
    System.out.println("images " + testbed.images());
    return testbed;
  }
}
