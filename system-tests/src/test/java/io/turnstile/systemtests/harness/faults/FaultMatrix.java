package io.turnstile.systemtests.harness.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.container.ContainerOptions;
import io.turnstile.testbed.container.ContainerTestbed;
import io.turnstile.testbed.process.ProcessTestbed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** The clusters that faults are inflicted on one after another, and the faults. */
public final class FaultMatrix {

  /** System property {@code matrix.seed} repeats a run. */
  public static final long SEED = Long.getLong("matrix.seed", System.nanoTime());

  /** One more than the job needs. */
  private static final int TASK_MANAGERS = 2;

  private static final TestbedConfig CONFIG =
      TestbedConfig.builder()
          .taskManagers(TASK_MANAGERS)
          .taskManagerMemory("1600m")
          .flinkConfig(Map.of("heartbeat.interval", "2 s", "heartbeat.timeout", "6 s"))
          .build();

  private static final Duration LONGEST_RECOVERY = Duration.ofSeconds(60);

  private FaultMatrix() {}

  /** A test of every fault in whose name the system property {@code matrix.faults} is found. */
  public static <T extends Testbed> Stream<DynamicTest> tests(
      T testbed, List<Fault<? super T>> faults, Path directory) {
    Predicate<String> chosen =
        Pattern.compile(System.getProperty("matrix.faults", "")).asPredicate();
    return faults.stream()
        .filter(fault -> chosen.test(fault.name()))
        .map(fault -> DynamicTest.dynamicTest(fault.name(), () -> run(testbed, fault, directory)));
  }

  private static <T extends Testbed> void run(T testbed, Fault<? super T> fault, Path directory)
      throws Exception {
    FaultScenario scenario = FaultScenario.drawn(SEED + fault.name().hashCode());
    String prefix = fault.name().toLowerCase(Locale.ROOT).replaceAll("[^a-z]+", "-") + ".";
    replaceEnded(testbed);
    scenario.require(
        result -> {
          result.requireClean();
          assertThat(result.recovery()).as("recovery").isLessThan(LONGEST_RECOVERY);
        },
        testbed,
        fault,
        prefix,
        directory);
  }

  /**
   * A TaskManager may end for what happened to it, as a zombie does; who runs it starts another.
   */
  public static void replaceEnded(Testbed testbed) {
    while (testbed.taskManagers().size() < TASK_MANAGERS) {
      testbed.startTaskManager();
    }
  }

  public static List<Fault<? super ContainerTestbed>> faultsOf(ContainerTestbed testbed) {
    List<Fault<? super ContainerTestbed>> faults = new ArrayList<>(Faults.onEveryTestbed());
    faults.addAll(ContainerFaults.all());
    if (testbed.faults().canFilterPackets()) {
      faults.addAll(ContainerFaults.byFilter());
    } else {
      System.out.println("without the faults that need the right to filter packets");
    }
    return faults;
  }

  /** Starts the cluster of containers. */
  public static ContainerTestbed startContainers() {
    ContainerTestbed testbed =
        started(new ContainerTestbed(CONFIG, ContainerOptions.defaults().withHighAvailability()));
    System.out.println("images " + testbed.images());
    return testbed;
  }

  /** Starts the cluster of local processes. */
  public static Testbed startProcesses() {
    return started(new ProcessTestbed(CONFIG));
  }

  private static <T extends Testbed> T started(T testbed) {
    try {
      testbed.start();
      return testbed;
    } catch (RuntimeException e) {
      testbed.close();
      throw e;
    }
  }
}
