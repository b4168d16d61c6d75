package io.turnstile.testbed.container;

import io.turnstile.clients.FlinkRest;
import io.turnstile.testbed.JavaApplication;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedException;
import io.turnstile.testbed.TestbedLifecycle;
import io.turnstile.testbed.TestbedProcess;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link Testbed} of containers, from the official images of Kafka and Flink; ZooKeeper comes
 * with Flink's.
 *
 * <p>There are two networks: the brokers are in one, ZooKeeper in the other, Flink in both; Flink's
 * processes know each other's addresses in the latter only. So a TaskManager can lose Kafka and
 * keep the JobManager, or the other way round. Checkpoints are on a volume in memory, shared by
 * Flink's containers and bounded.
 *
 * <p>Everything is removed by {@link #close}, and at the latest when this JVM ends; if the JVM is
 * killed, by Testcontainers' reaper where that may run.
 */
public final class ContainerTestbed implements Testbed {

  /**
   * The brokers' further listeners for SASL over TLS, where they are asked for. {@link
   * TestbedConfig#brokerConfig} must name their keys and principals.
   */
  public static final List<String> SECURED_LISTENERS =
      List.of(ContainerBrokers.SECURED, ContainerBrokers.SECURED_JOBS);

  private static final Logger LOG = LoggerFactory.getLogger(ContainerTestbed.class);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);

  private final DockerResources docker = new DockerResources();
  private final TestbedLifecycle lifecycle;
  private final ContainerBrokers brokers;
  private final ContainerFlink flink;
  private final ContainerFaultInjection faults = new ContainerFaultInjection(docker);

  /** One broker, no high availability. */
  public ContainerTestbed(TestbedConfig config) {
    this(config, ContainerOptions.defaults());
  }

  /** Makes the directory and chooses the ports; starts nothing yet. */
  public ContainerTestbed(TestbedConfig config, ContainerOptions options) {
    if (options.brokerDisk() != null && !config.flink()) {
      throw new IllegalArgumentException("without Flink, nobody keeps a bounded broker's disk");
    }
    lifecycle = new TestbedLifecycle(config.baseDirectory(), docker::remove);
    try {
      brokers = new ContainerBrokers(config, options, docker, lifecycle.logs());
      flink =
          config.flink() ? new ContainerFlink(config, options, docker, brokers, lifecycle) : null;
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  @Override
  public void start() {
    lifecycle.start(
        () -> {
          brokers.start();
          if (flink != null) {
            flink.start();
          }
        });
    LOG.info("Images: {}", images());
  }

  /** The images that run, with their ids. */
  public Map<String, String> images() {
    Map<String, String> images = new TreeMap<>();
    images.put(ContainerBrokers.IMAGE, docker.container(TestbedProcess.BROKER).imageId());
    if (flink != null) {
      images.put(ContainerFlink.IMAGE, docker.container(TestbedProcess.JOB_MANAGER).imageId());
    }
    return images;
  }

  @Override
  public void close() {
    lifecycle.close();
  }

  /** The faults that only containers can have. */
  public ContainerFaultInjection faults() {
    return faults;
  }

  /** The names by which clients find a single broker, on this machine and beside Flink. */
  public static List<String> brokerHosts() {
    return List.of(DockerResources.dockerHost(), TestbedProcess.BROKER.toString());
  }

  /** All brokers, as this machine reaches them. */
  @Override
  public String bootstrapServers() {
    return brokers.bootstrapServers();
  }

  @Override
  public String bootstrapServersForJobs() {
    return brokers.bootstrapServersForJobs();
  }

  /** {@link #bootstrapServers} of the secured listeners. */
  public String securedBootstrapServers() {
    return brokers.securedBootstrapServers();
  }

  /** {@link #bootstrapServersForJobs} of the secured listeners. */
  public String securedBootstrapServersForJobs() {
    return brokers.securedBootstrapServersForJobs();
  }

  @Override
  public Path files() {
    return lifecycle.files();
  }

  @Override
  public URI flinkUrl() {
    return flink().uri();
  }

  @Override
  public FlinkRest flink() {
    return requireFlink().rest();
  }

  @Override
  public URI metrics(TestbedProcess target) {
    return requireFlink().metrics(target);
  }

  private ContainerFlink requireFlink() {
    if (flink == null) {
      throw new TestbedException("this testbed has no Flink");
    }
    return flink;
  }

  @Override
  public List<TestbedProcess> taskManagers() {
    return docker.containers().taskManagers();
  }

  @Override
  public TestbedProcess startTaskManager() {
    return requireFlink().startTaskManagers(1).get(0);
  }

  @Override
  public TestbedProcess startApplication(JavaApplication application) {
    throw new TestbedException("this testbed has no applications");
  }

  @Override
  public void start(TestbedProcess target) {
    switch (target.role()) {
      case BROKER -> brokers.startAgain(target);
      case JOB_MANAGER -> requireFlink().startJobManagerAgain();
      case ZOOKEEPER -> docker.container(target).startAgain();
      case TASK_MANAGER, APPLICATION ->
          throw new TestbedException(target + " does not start again; start another one");
    }
  }

  @Override
  public void stop(TestbedProcess target) {
    docker.container(target).stop(STOP_TIMEOUT);
  }

  @Override
  public void kill(TestbedProcess target) {
    docker.container(target).kill();
  }

  @Override
  public void pause(TestbedProcess target) {
    docker.container(target).pause();
  }

  @Override
  public void resume(TestbedProcess target) {
    docker.container(target).resume();
  }

  @Override
  public boolean isAlive(TestbedProcess target) {
    return docker.container(target).isAlive();
  }

  @Override
  public long pid(TestbedProcess target) {
    return docker.container(target).pid();
  }

  @Override
  public void cutFromBrokers(TestbedProcess taskManager) {
    docker.container(taskManager).disconnect(docker.brokerNetwork());
  }

  @Override
  public void reconnectToBrokers(TestbedProcess taskManager) {
    docker.container(taskManager).connect(docker.brokerNetwork());
  }

  /**
   * Runs a shell command in a container, as root.
   *
   * @return the text that it wrote to its standard output
   */
  public String run(TestbedProcess target, String command) {
    return docker.container(target).run(command);
  }

  @Override
  public Path logs() {
    return lifecycle.logs();
  }

  @Override
  public void keepLogs() {
    lifecycle.keepLogs();
  }
}
