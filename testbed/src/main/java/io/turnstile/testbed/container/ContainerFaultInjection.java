package io.turnstile.testbed.container;

import io.turnstile.testbed.TestbedException;
import io.turnstile.testbed.TestbedProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The faults that containers can have and local processes cannot: in the network, in names, on
 * disks, in memory. Each method returns when the fault is there, not when others have noticed.
 * Thread-safe.
 */
public final class ContainerFaultInjection {
  private static final Duration END_TIMEOUT = Duration.ofSeconds(30);

  /** A JVM collects garbage for long before it gives up. */
  private static final Duration OUT_OF_HEAP_TIMEOUT = Duration.ofSeconds(90);

  private static final long MEMORY_LIMIT = 3L << 30;

  private final DockerResources docker;

  ContainerFaultInjection(DockerResources docker) {
    this.docker = docker;
  }

  /**
   * Takes a TaskManager out of the network that the JobManager, ZooKeeper and the others are in; it
   * keeps the brokers.
   */
  public void cutFromJobManager(TestbedProcess taskManager) {
    docker.container(taskManager).disconnect(docker.flinkNetwork());
  }

  public void reconnectToJobManager(TestbedProcess taskManager) {
    docker.container(taskManager).connectByName(docker.flinkNetwork());
  }

  /** Limits its processor time to that many cores; 0 for no limit. */
  public void limitCpu(TestbedProcess target, double cores) {
    docker.container(target).limitCpu(cores);
  }

  /** Uses up a container's memory, so that the kernel ends its process; waits for that. */
  public void killForMemory(TestbedProcess target) {
    ManagedContainer container = docker.container(target);
    container.limitMemory(MEMORY_LIMIT);
    try {
      // Among the processes of the container, the kernel is to choose the first.
      container.run("echo 1000 >/proc/1/oom_score_adj && exec tail /dev/zero");
    } catch (TestbedException e) {
      // It ended with the container.
    }
    container.awaitEnd(END_TIMEOUT);
  }

  /** Uses up the heap of a process of Flink, which ends; waits for that. */
  public void fillHeap(TestbedProcess target) {
    ManagedContainer container = docker.container(target);
    container.run("touch " + ContainerFlink.HEAP_FILLER + "/now");
    container.awaitEnd(OUT_OF_HEAP_TIMEOUT);
  }

  /**
   * True if the containers run on this machine and it may filter their packets: as root, with
   * {@code nsenter} and {@code iptables}.
   */
  public boolean canFilterPackets() {
    try {
      filter(TestbedProcess.BROKER, "-L");
      return true;
    } catch (TestbedException e) {
      return false;
    }
  }

  /** Drops all packets from the brokers to a TaskManager; those it sends to them arrive. */
  public void deafenToBrokers(TestbedProcess taskManager) {
    filterBrokersOut(taskManager, "-A");
  }

  public void undeafenToBrokers(TestbedProcess taskManager) {
    filterBrokersOut(taskManager, "-D");
  }

  private void filterBrokersOut(TestbedProcess taskManager, String addOrDelete) {
    filter(
        taskManager,
        addOrDelete,
        "INPUT",
        "-p",
        "tcp",
        "--sport",
        Integer.toString(ContainerBrokers.PORT),
        "-j",
        "DROP");
  }

  /**
   * Drops packets that are sent to it, at random; their senders have to send again.
   *
   * @param share of the packets, from 0 to 1
   */
  public void losePackets(TestbedProcess target, double share) {
    filterAtRandom(target, "-A", share);
  }

  public void losePacketsNoMore(TestbedProcess target, double share) {
    filterAtRandom(target, "-D", share);
  }

  private void filterAtRandom(TestbedProcess target, String addOrDelete, double share) {
    filter(
        target,
        addOrDelete,
        "INPUT",
        "-m",
        "statistic",
        "--mode",
        "random",
        "--probability",
        Double.toString(share),
        "-j",
        "DROP");
  }

  private void filter(TestbedProcess target, String... rule) {
    List<String> command =
        new ArrayList<>(
            List.of(
                "nsenter",
                "-t",
                Long.toString(docker.container(target).pid()),
                "-n",
                "iptables",
                "-w"));
    command.addAll(List.of(rule));
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new TestbedException(String.join(" ", command) + ": " + output.strip());
      }
    } catch (IOException e) {
      throw new TestbedException(String.join(" ", command) + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TestbedException("interrupted while filtering packets", e);
    }
  }

  /** Fills the storage for checkpoints. */
  public void fillCheckpointStorage() {
    fill(TestbedProcess.JOB_MANAGER, ContainerFlink.STORAGE);
  }

  public void freeCheckpointStorage() {
    free(TestbedProcess.JOB_MANAGER, ContainerFlink.STORAGE);
  }

  /** Fills the disk that has a TaskManager's working state. */
  public void fillState(TestbedProcess taskManager) {
    fill(taskManager, ContainerFlink.STATE);
  }

  public void freeState(TestbedProcess taskManager) {
    free(taskManager, ContainerFlink.STATE);
  }

  /** Fills the broker's disk, and waits until the broker has ended because of it. */
  public void fillBrokerDisk() {
    fill(TestbedProcess.JOB_MANAGER, ContainerBrokers.DISK);
    docker.container(TestbedProcess.BROKER).awaitEnd(END_TIMEOUT);
  }

  public void freeBrokerDisk() {
    free(TestbedProcess.JOB_MANAGER, ContainerBrokers.DISK);
  }

  private void fill(TestbedProcess target, String directory) {
    String filler = directory + "/filler";
    docker
        .container(target)
        .run("dd if=/dev/zero of=%1$s bs=1M 2>/dev/null; test -s %1$s".formatted(filler));
  }

  private void free(TestbedProcess target, String directory) {
    docker.container(target).run("rm " + directory + "/filler");
  }

  /** Denies Flink all access to the storage for checkpoints. */
  public void closeCheckpointStorage() {
    docker.container(TestbedProcess.JOB_MANAGER).run("chmod 0 " + ContainerFlink.STORAGE);
  }

  public void openCheckpointStorage() {
    docker.container(TestbedProcess.JOB_MANAGER).run("chmod 755 " + ContainerFlink.STORAGE);
  }

  /** Makes every look-up of a name fail in a container; connections that exist stay. */
  public void loseNames(TestbedProcess target) {
    docker
        .container(target)
        .run("cp /etc/resolv.conf /tmp/names && echo nameserver 127.0.0.1 >/etc/resolv.conf");
  }

  public void findNames(TestbedProcess target) {
    docker.container(target).run("cat /tmp/names >/etc/resolv.conf");
  }
}
