package io.turnstile.systemtests.harness.faults;

import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.testbed.TestbedProcess;
import io.turnstile.testbed.container.ContainerTestbed;
import java.time.Duration;
import java.util.List;

/** The faults that only containers can have. */
final class ContainerFaults {

  private static final Duration PAST_HEARTBEAT_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration LONG_OUTAGE = Duration.ofSeconds(30);
  private static final double FEW_CORES = 0.2;
  private static final double FEW_PACKETS = 0.05;

  private ContainerFaults() {}

  static List<Fault<ContainerTestbed>> all() {
    return List.of(
        Fault.of(
            "TaskManager cut from the broker",
            PAST_HEARTBEAT_TIMEOUT,
            ContainerFaults::cutFromBrokers),
        Fault.of(
            "TaskManager cut from the JobManager",
            Duration.ZERO,
            ContainerFaults::cutFromJobManager),
        Fault.of("JobManager killed", Duration.ofSeconds(2), ContainerFaults::killJobManager),
        Fault.of("TaskManager out of memory", Duration.ZERO, ContainerFaults::killForMemory),
        Fault.of("TaskManager out of heap", Duration.ZERO, ContainerFaults::fillHeap),
        Fault.slowing(
            "TaskManager with a fifth of a core",
            PAST_HEARTBEAT_TIMEOUT,
            ContainerFaults::limitCpu),
        Fault.of("checkpoint storage full", PAST_HEARTBEAT_TIMEOUT, ContainerFaults::fillStorage),
        Fault.of(
            "checkpoint storage out of reach",
            PAST_HEARTBEAT_TIMEOUT,
            ContainerFaults::closeStorage),
        Fault.of("disk for working state full", PAST_HEARTBEAT_TIMEOUT, ContainerFaults::fillState),
        Fault.of("ZooKeeper killed", LONG_OUTAGE, ContainerFaults::killZooKeeper),
        Fault.of(
            "broker killed, and its name not to be resolved",
            Duration.ofSeconds(5),
            ContainerFaults::loseNames));
  }

  /** The faults that a machine with the right to filter packets can have besides. */
  static List<Fault<ContainerTestbed>> byFilter() {
    return List.of(
        Fault.of(
            "TaskManager does not hear the broker",
            PAST_HEARTBEAT_TIMEOUT,
            ContainerFaults::deafen),
        Fault.slowing(
            "TaskManager loses every twentieth packet",
            PAST_HEARTBEAT_TIMEOUT,
            ContainerFaults::losePackets));
  }

  private static Runnable cutFromBrokers(ContainerTestbed testbed, String jobId) {
    TestbedProcess target = Faults.busyTaskManager(testbed);
    testbed.cutFromBrokers(target);
    return () -> testbed.reconnectToBrokers(target);
  }

  /** It is connected again when its successor is at work. */
  private static Runnable cutFromJobManager(ContainerTestbed testbed, String jobId) {
    TestbedProcess target = Faults.busyTaskManager(testbed);
    testbed.faults().cutFromJobManager(target);
    return () -> {
      Faults.awaitLoss(testbed.flink(), target);
      testbed.flink().awaitRunning(jobId, Deployment.PATIENCE);
      testbed.faults().reconnectToJobManager(target);
    };
  }

  /** Whoever starts it again does not submit the job again. */
  private static Runnable killJobManager(ContainerTestbed testbed, String jobId) {
    testbed.kill(TestbedProcess.JOB_MANAGER);
    return () -> testbed.start(TestbedProcess.JOB_MANAGER);
  }

  private static Runnable killForMemory(ContainerTestbed testbed, String jobId) {
    testbed.faults().killForMemory(Faults.busyTaskManager(testbed));
    return testbed::startTaskManager;
  }

  private static Runnable fillHeap(ContainerTestbed testbed, String jobId) {
    testbed.faults().fillHeap(Faults.busyTaskManager(testbed));
    return testbed::startTaskManager;
  }

  private static Runnable limitCpu(ContainerTestbed testbed, String jobId) {
    TestbedProcess target = Faults.busyTaskManager(testbed);
    testbed.faults().limitCpu(target, FEW_CORES);
    return () -> testbed.faults().limitCpu(target, 0);
  }

  private static Runnable fillStorage(ContainerTestbed testbed, String jobId) {
    testbed.faults().fillCheckpointStorage();
    return testbed.faults()::freeCheckpointStorage;
  }

  private static Runnable closeStorage(ContainerTestbed testbed, String jobId) {
    testbed.faults().closeCheckpointStorage();
    return testbed.faults()::openCheckpointStorage;
  }

  private static Runnable fillState(ContainerTestbed testbed, String jobId) {
    TestbedProcess target = Faults.busyTaskManager(testbed);
    testbed.faults().fillState(target);
    return () -> testbed.faults().freeState(target);
  }

  private static Runnable killZooKeeper(ContainerTestbed testbed, String jobId) {
    testbed.kill(TestbedProcess.ZOOKEEPER);
    return () -> testbed.start(TestbedProcess.ZOOKEEPER);
  }

  private static Runnable loseNames(ContainerTestbed testbed, String jobId) {
    TestbedProcess target = Faults.busyTaskManager(testbed);
    testbed.faults().loseNames(target);
    testbed.kill(TestbedProcess.BROKER);
    testbed.start(TestbedProcess.BROKER);
    return () -> testbed.faults().findNames(target);
  }

  private static Runnable deafen(ContainerTestbed testbed, String jobId) {
    TestbedProcess target = Faults.busyTaskManager(testbed);
    testbed.faults().deafenToBrokers(target);
    return () -> testbed.faults().undeafenToBrokers(target);
  }

  private static Runnable losePackets(ContainerTestbed testbed, String jobId) {
    TestbedProcess target = Faults.busyTaskManager(testbed);
    testbed.faults().losePackets(target, FEW_PACKETS);
    return () -> testbed.faults().losePacketsNoMore(target, FEW_PACKETS);
  }
}
