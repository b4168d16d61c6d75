package io.turnstile.systemtests.harness.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedConfigBuilder;
import io.turnstile.testbed.container.ContainerOptions;
import io.turnstile.testbed.container.ContainerTestbed;
import io.turnstile.testbed.process.ProcessTestbed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;
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

  /** From the end of a fault until the verdict of what is sent after it. */
  public static final Duration LONGEST_RECOVERY = Duration.ofSeconds(30);

  /** Of all that there are, when none are named. */
  private static final int DRAWN = 6;

  private FaultMatrix() {}

  /**
   * A test of every fault in whose name the system property {@code matrix.faults} is found; without
   * it, of some that the seed draws.
   */
  public static <T extends Testbed> Stream<DynamicTest> tests(
      T testbed, List<Fault<? super T>> faults, Path directory) {
    return tests(testbed, faults, directory, scenario -> scenario);
  }

  /** The same with scenarios that differ from what is drawn. */
  public static <T extends Testbed> Stream<DynamicTest> tests(
      T testbed,
      List<Fault<? super T>> faults,
      Path directory,
      UnaryOperator<FaultScenario> change) {
    return chosen(faults).stream()
        .map(
            fault ->
                DynamicTest.dynamicTest(
                    fault.name(), () -> run(testbed, fault, directory, change)));
  }

  private static <T extends Testbed> List<Fault<? super T>> chosen(List<Fault<? super T>> faults) {
    String named = System.getProperty("matrix.faults");
    if (named != null) {
      Pattern names = Pattern.compile(named);
      return faults.stream().filter(fault -> names.matcher(fault.name()).find()).toList();
    }
    List<Fault<? super T>> drawn = new ArrayList<>(faults);
    Collections.shuffle(drawn, new Random(SEED));
    return drawn.subList(0, Math.min(DRAWN, drawn.size()));
  }

  private static <T extends Testbed> void run(
      T testbed, Fault<? super T> fault, Path directory, UnaryOperator<FaultScenario> change)
      throws Exception {
    FaultScenario scenario = change.apply(FaultScenario.drawn(SEED + fault.name().hashCode()));
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

  /** The same, with a PostgreSQL beside it. */
  public static Testbed startProcessesWithPostgresql() {
    Testbed testbed =
        started(
            new ProcessTestbed(
                TestbedConfigBuilder.builder(CONFIG).journalLanes(Deployment.LANES).build()));
    DatabaseFaults.recordCommitTimes(testbed.database());
    // Before any job learns the address.
    testbed.database().gate();
    return testbed;
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
