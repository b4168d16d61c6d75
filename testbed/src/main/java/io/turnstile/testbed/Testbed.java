package io.turnstile.testbed;

import io.turnstile.clients.Await;
import io.turnstile.clients.FlinkRest;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A Kafka broker and a Flink session cluster, and the faults to inflict on them.
 *
 * <p>Methods may be called from any thread. Those that start something return when it answers;
 * those that inflict a fault return when it is done, not when others have noticed. A failure to do
 * so is a {@link TestbedException}.
 */
public interface Testbed extends AutoCloseable {

  /** Starts the broker and Flink, and waits until every TaskManager has registered. */
  void start();

  /**
   * Ends every process at once and deletes all data. Logs stay when {@link #keepLogs} or {@link
   * #markFailed} was called or the start failed; their path is then printed to standard error.
   * Closing twice does nothing.
   */
  @Override
  void close();

  /**
   * Bootstrap servers for Kafka clients on this machine, {@code host:port,…}. They stay the same
   * when a broker restarts.
   */
  String bootstrapServers();

  /** Bootstrap servers for jobs, and for everything else that runs beside Flink. */
  String bootstrapServersForJobs();

  /** A directory whose files jobs see under the same path. They can only read them. */
  Path files();

  /** Flink's web UI and REST API. */
  URI flinkUrl();

  /** A client for {@link #flinkUrl}. */
  FlinkRest flink();

  /**
   * The address at which the JobManager or a TaskManager answers Prometheus. It changes when the
   * process starts again.
   */
  URI metrics(TestbedProcess target);

  /**
   * Takes a TaskManager out of the network that the brokers are in; it keeps the JobManager.
   *
   * @throws TestbedException where all share one network, as processes do
   */
  default void cutFromBrokers(TestbedProcess taskManager) {
    throw new TestbedException("this testbed has one network for all; containers have two");
  }

  default void reconnectToBrokers(TestbedProcess taskManager) {
    throw new TestbedException("nothing was cut");
  }

  /**
   * Serves a JWKS to jobs over HTTP until the testbed closes. It is called once.
   *
   * @param jwks file that is read for each answer
   * @throws TestbedException where jobs do not reach this process, as from containers
   */
  default URI serveKeys(Path jwks) {
    throw new TestbedException("jobs in containers do not reach a key server of this process");
  }

  /** Keeps the key server from answering: connections are taken, and wait. */
  default void pauseKeyServer() {
    throw new TestbedException("no keys are served");
  }

  default void resumeKeyServer() {
    throw new TestbedException("no keys are served");
  }

  /**
   * The PostgreSQL that runs beside.
   *
   * @throws TestbedException if there is none
   */
  default DatabaseServer database() {
    throw new TestbedException("this testbed has no PostgreSQL");
  }

  /** The TaskManagers that are alive, paused ones included. */
  List<TestbedProcess> taskManagers();

  /**
   * The TaskManagers that run something, as Flink says. A job that restarts may hold no slot: then
   * some seconds are waited for it, and after that all that are alive are named.
   */
  default List<TestbedProcess> busyTaskManagers() {
    List<TestbedProcess> busy = new ArrayList<>();
    long giveUpNanos = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    Await.until(
        Duration.ofMinutes(1),
        () -> {
          Set<String> inUse =
              flink().taskManagers().stream()
                  .filter(each -> each.freeSlots() < each.slots())
                  .map(FlinkRest.TaskManager::id)
                  .collect(Collectors.toSet());
          taskManagers().stream()
              .filter(each -> inUse.contains(each.toString()))
              .forEach(busy::add);
          return !busy.isEmpty() || System.nanoTime() > giveUpNanos;
        },
        () -> new TestbedException("Flink does not say which TaskManagers are busy"));
    return busy.isEmpty() ? taskManagers() : busy;
  }

  /**
   * Starts one more TaskManager and waits until it has registered. It replaces one that was ended,
   * which does not start again.
   */
  TestbedProcess startTaskManager();

  /**
   * Starts a program of the caller's in a JVM of its own and does not wait until it is ready. It
   * ends with the testbed at the latest; once ended, it cannot start again.
   */
  TestbedProcess startApplication(JavaApplication application);

  /**
   * Starts the broker or the JobManager again after it was ended; the broker with the same data and
   * port. The JobManager has forgotten its jobs, unless it is highly available.
   */
  void start(TestbedProcess target);

  /** Asks a process to end (SIGTERM), also a paused one, and waits for it. */
  void stop(TestbedProcess target);

  /** Ends a process at once (SIGKILL), also a paused one. */
  void kill(TestbedProcess target);

  /** Freezes a process (SIGSTOP): its connections stay open, and nothing answers. */
  void pause(TestbedProcess target);

  /** Resumes a paused process (SIGCONT). */
  void resume(TestbedProcess target);

  /** True if the process exists, frozen or not. */
  boolean isAlive(TestbedProcess target);

  /**
   * The process id on this machine.
   *
   * @throws TestbedException when the process does not exist
   */
  long pid(TestbedProcess target);

  /** Process ids by name, in this order, of those that live. */
  default Map<String, Long> pids(List<TestbedProcess> processes) {
    Map<String, Long> pids = new LinkedHashMap<>();
    for (TestbedProcess process : processes) {
      try {
        pids.put(process.toString(), pid(process));
      } catch (TestbedException e) {
        // It has ended.
      }
    }
    return pids;
  }

  /**
   * The directory of the processes' logs: {@code <target>.log}, and for local processes {@code
   * <target>-gc.log} with garbage collections and their pauses.
   */
  Path logs();

  /** Keeps the logs after {@link #close}. */
  void keepLogs();

  /** The run failed: keeps the logs after {@link #close}. */
  default void markFailed() {
    keepLogs();
  }
}
