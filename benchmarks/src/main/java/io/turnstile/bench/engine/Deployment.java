package io.turnstile.bench.engine;

import io.turnstile.simulator.KafkaConnection;
import io.turnstile.testbed.Testbed;
import java.nio.file.Path;
import java.util.Map;

/**
 * The place that an engine runs on, until it is closed. Its methods may be called by any thread.
 */
public interface Deployment extends AutoCloseable {

  /** Returns the brokers and topics that the engine reads and writes. */
  KafkaConnection kafka();

  /** Returns the file of the private JWK that tokens are signed with. */
  Path signingKey();

  /** Returns {@code processes}, {@code containers} or {@code live}. */
  String kind();

  /**
   * Tells whether everything here is fresh and ours: the topics hold only what we send, and faults
   * may be inflicted.
   */
  boolean isOurs();

  /**
   * Starts the engine and waits until it is ready: whatever is written to the inputs from now on,
   * and was before, gets its verdict. It need not be warm.
   *
   * @throws Exception with a message for a person if it does not start; nothing of it is left then
   *     that does not end with the deployment
   */
  RunningEngine start() throws Exception;

  /**
   * Returns the testbed.
   *
   * @throws UnsupportedOperationException if the deployment is not ours
   */
  Testbed testbed();

  /**
   * Returns the process ids of an engine and its broker by name, the process that decides first;
   * only of processes that live, and none if the deployment is not ours.
   */
  Map<String, Long> pids(RunningEngine engine);

  /** Keeps the logs, because the run failed. */
  void markFailed();

  @Override
  void close();
}
