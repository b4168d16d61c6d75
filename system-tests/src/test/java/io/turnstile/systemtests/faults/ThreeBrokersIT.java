package io.turnstile.systemtests.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.systemtests.harness.faults.Fault;
import io.turnstile.systemtests.harness.faults.FaultMatrix;
import io.turnstile.systemtests.harness.faults.FaultScenario;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedProcess;
import io.turnstile.testbed.container.ContainerOptions;
import io.turnstile.testbed.container.ContainerTestbed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three copies of everything, two of them in sync before a write is acknowledged. */
@Tag("containers")
class ThreeBrokersIT {

  // Every record is written three times, on a machine that may have two cores for all of it.
  private static final int TRANSACTIONS = 15_000;
  private static final double RATE = 500;

  /** Three brokers on two busy cores are not heard of for longer than the testbed's two seconds. */
  private static final Map<String, String> PATIENT = Map.of("broker.session.timeout.ms", "9000");

  /** Longer than that: another broker is the coordinator then. */
  private static final Duration KILLED = Duration.ofSeconds(15);

  private static final String PREFIX = "replicated.";
  private static final String TRANSACTIONAL_ID = PREFIX + "verdicts.accepted-lane-0";

  @TempDir Path directory;

  @Test
  void nothingIsLostOrDoubledWhenTheCoordinatorOfALanesTransactionsIsKilled() throws Exception {
    TestbedConfig config =
        TestbedConfig.builder()
            .taskManagerMemory("1600m")
            .brokerHeap("512m")
            .brokerConfig(PATIENT)
            .build();
    try (ContainerTestbed testbed =
        new ContainerTestbed(config, ContainerOptions.defaults().withBrokers(3))) {
      testbed.start();
      Fault<Testbed> fault =
          Fault.of("transaction coordinator killed", KILLED, (bed, job) -> kill(bed));
      FaultScenario.drawn(FaultMatrix.SEED)
          .with("journal")
          .sending(TRANSACTIONS, RATE)
          // Two brokers are left: the job may be back before anybody notices.
          .require(FaultScenario.Result::requireRight, testbed, fault, PREFIX, directory);
    }
  }

  private static Runnable kill(Testbed testbed) {
    int killed = coordinator(testbed);
    TestbedProcess broker = TestbedProcess.broker(killed);
    testbed.kill(broker);
    return () -> {
      assertThat(coordinator(testbed))
          .as("coordinator, was broker %d", killed)
          .isNotEqualTo(killed);
      testbed.start(broker);
    };
  }

  private static int coordinator(Testbed testbed) {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", testbed.bootstrapServers()))) {
      return admin
          .describeTransactions(List.of(TRANSACTIONAL_ID))
          .description(TRANSACTIONAL_ID)
          .get()
          .coordinatorId();
    } catch (ExecutionException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
