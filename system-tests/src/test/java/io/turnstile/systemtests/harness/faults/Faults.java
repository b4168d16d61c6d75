package io.turnstile.systemtests.harness.faults;

import static org.awaitility.Awaitility.await;

import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.FlinkRestException;
import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedProcess;
import java.time.Duration;
import java.util.List;

/** The faults that every testbed can have. */
public final class Faults {

  private static final Duration PATIENCE = Deployment.PATIENCE;

  private Faults() {}

  public static List<Fault<Testbed>> onEveryTestbed() {
    return List.of(
        Fault.of("TaskManager killed", Duration.ZERO, Faults::killTaskManager),
        Fault.of("TaskManager frozen, goes on as a zombie", Duration.ZERO, Faults::freeze),
        Fault.of("broker killed", Duration.ofSeconds(5), Faults::killBroker),
        Fault.of("broker frozen", Duration.ofSeconds(10), Faults::freezeBroker));
  }

  private static Runnable killTaskManager(Testbed testbed, String jobId) {
    testbed.kill(busyTaskManager(testbed));
    return testbed::startTaskManager;
  }

  /** It is resumed when its successor is at work. */
  private static Runnable freeze(Testbed testbed, String jobId) {
    TestbedProcess zombie = busyTaskManager(testbed);
    testbed.pause(zombie);
    return () -> {
      awaitLoss(testbed.flink(), zombie);
      testbed.flink().awaitRunning(jobId, PATIENCE);
      testbed.resume(zombie);
    };
  }

  private static Runnable killBroker(Testbed testbed, String jobId) {
    testbed.kill(TestbedProcess.BROKER);
    return () -> testbed.start(TestbedProcess.BROKER);
  }

  private static Runnable freezeBroker(Testbed testbed, String jobId) {
    testbed.pause(TestbedProcess.BROKER);
    return () -> testbed.resume(TestbedProcess.BROKER);
  }

  /** One that has work to lose. */
  static TestbedProcess busyTaskManager(Testbed testbed) {
    List<String> busy =
        testbed.flink().taskManagers().stream()
            .filter(each -> each.freeSlots() < each.slots())
            .map(FlinkRest.TaskManager::id)
            .toList();
    return testbed.taskManagers().stream()
        .filter(each -> busy.contains(each.toString()))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no TaskManager has a task"));
  }

  /** Waits until the JobManager has given up a TaskManager. */
  static void awaitLoss(FlinkRest flink, TestbedProcess taskManager) {
    await()
        .atMost(PATIENCE)
        .ignoreException(FlinkRestException.class)
        .until(
            () ->
                flink.taskManagers().stream()
                    .noneMatch(each -> each.id().equals(taskManager.toString())));
  }
}
