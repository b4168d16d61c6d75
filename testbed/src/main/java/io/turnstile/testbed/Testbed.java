package io.turnstile.testbed;

import io.turnstile.clients.FlinkRest;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;

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
   * #markFailed} was called or the start failed; where they are is then printed to standard error.
   * Closing twice does nothing.
   */
  @Override
  void close();

  /** Where Kafka clients on this machine connect. Stays the same when the broker restarts. */
  String bootstrapServers();

  /** Where jobs, and whatever else runs beside Flink, connect to Kafka. */
  String bootstrapServersForJobs();

  /** A directory whose files jobs see under the same path. They can only read them. */
  Path files();

  /** Flink's web UI and REST API. */
  URI flinkUrl();

  /** A client for {@link #flinkUrl}. */
  FlinkRest flink();

  /**
   * Where the JobManager or a TaskManager answers Prometheus; a process that starts again does so
   * elsewhere.
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

  /** The TaskManagers that were started and not ended since, paused ones included. */
  List<TestbedProcess> taskManagers();

  /**
   * Starts one more TaskManager and waits until it has registered. A TaskManager that was ended
   * does not come back by itself; this is how to replace it.
   */
  TestbedProcess startTaskManager();

  /**
   * Starts a program of the caller's in a JVM of its own and does not wait for it to be of use. It
   * ends with the testbed at the latest; one that was ended does not start again.
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

  /** Lets a paused process go on (SIGCONT). */
  void resume(TestbedProcess target);

  /** Whether the process exists, frozen or not. */
  boolean isAlive(TestbedProcess target);

  /**
   * The process id on this machine.
   *
   * @throws TestbedException when the process does not exist
   */
  long pid(TestbedProcess target);

  /**
   * Where the processes write their logs: {@code <target>.log}, and local processes garbage
   * collections with their pauses in {@code <target>-gc.log}.
   */
  Path logs();

  /** Keeps the logs after {@link #close}. */
  void keepLogs();

  /** The run failed: keeps the logs after {@link #close}. */
  default void markFailed() {
    keepLogs();
  }
}
