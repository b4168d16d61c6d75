package io.turnstile.testbed.container;

import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.RestartPolicy;
import com.github.dockerjava.api.model.Volume;
import io.turnstile.clients.FlinkRest;
import io.turnstile.testbed.ClusterSettings;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedException;
import io.turnstile.testbed.TestbedLifecycle;
import io.turnstile.testbed.TestbedProcess;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;

/**
 * The session cluster of a {@link ContainerTestbed}: the JobManager, the TaskManagers, and
 * ZooKeeper where the JobManager is highly available.
 */
final class ContainerFlink {
  static final String IMAGE = "flink:2.2.1-java17";

  /** The directory for checkpoints in every container of Flink. */
  static final String STORAGE = "/checkpoints";

  /** The directory for working state in a TaskManager's container. */
  static final String STATE = "/state";

  /** The directory that {@link HeapFiller} watches. */
  static final String HEAP_FILLER = "/tmp/heap-filler";

  /** Options of the JVM: of all processes, or of one role. */
  private static final String JAVA_OPTIONS = "env.java.opts.";

  private static final int UI_PORT = 8081;
  private static final int METRICS_PORT = 9249;
  private static final int ZOOKEEPER_PORT = 2181;
  private static final int MAX_RESTARTS = 5;
  private static final int USER = 9999;
  private static final String STATE_SIZE = "512m";

  private final TestbedConfig config;
  private final ContainerOptions options;
  private final DockerResources docker;
  private final ContainerBrokers brokers;
  private final Path logs;
  private final Path files;
  private final Path heapFiller;
  private final String storage = "turnstile-" + UUID.randomUUID();
  private final Map<TestbedProcess, Integer> metricsPorts = new ConcurrentHashMap<>();
  private final int uiPort;
  private final FlinkRest rest;

  /** Chooses the ports; starts nothing yet. */
  ContainerFlink(
      TestbedConfig config,
      ContainerOptions options,
      DockerResources docker,
      ContainerBrokers brokers,
      TestbedLifecycle lifecycle) {
    this.config = config;
    this.options = options;
    this.docker = docker;
    this.brokers = brokers;
    this.logs = lifecycle.logs();
    this.files = lifecycle.files();
    this.heapFiller = agent(HeapFiller.class, files.resolve("heap-filler.jar"));
    this.uiPort = docker.ports().require("Flink's web UI", config.uiPort());
    this.rest = new FlinkRest(URI.create("http://" + docker.host() + ":" + uiPort));
  }

  /** Packs a class as a Java agent. */
  private static Path agent(Class<?> type, Path jar) {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Premain-Class", type.getName());
    String name = type.getName().replace('.', '/') + ".class";
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest);
        InputStream in = type.getResourceAsStream("/" + name)) {
      out.putNextEntry(new ZipEntry(name));
      in.transferTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return jar;
  }

  FlinkRest rest() {
    return rest;
  }

  /** Starts ZooKeeper if there is one, the JobManager, and the first TaskManagers. */
  void start() {
    docker.createVolume(storage, DockerResources.ownedBy(USER, options.checkpointStorage()));
    if (options.highAvailability()) {
      newZooKeeper().start();
    }
    newContainer(TestbedProcess.JOB_MANAGER, "jobmanager", Map.of())
        .publish(Map.of(UI_PORT, uiPort, METRICS_PORT, newMetricsPort(TestbedProcess.JOB_MANAGER)))
        .start();
    docker.container(TestbedProcess.JOB_MANAGER).connect(docker.brokerNetwork());
    awaitJobManager();
    startTaskManagers(config.taskManagers());
  }

  /** Starts the JobManager again after it ended, and waits until it answers. */
  void startJobManagerAgain() {
    docker.container(TestbedProcess.JOB_MANAGER).startAgain();
    awaitJobManager();
  }

  private void awaitJobManager() {
    docker.container(TestbedProcess.JOB_MANAGER).awaitReady(config.startTimeout(), rest::isUp);
  }

  /** Starts further TaskManagers and waits until all of them have registered. */
  List<TestbedProcess> startTaskManagers(int count) {
    List<TestbedProcess> started = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      TestbedProcess target = docker.containers().newTaskManager();
      ManagedContainer taskManager =
          newContainer(
                  target,
                  "taskmanager",
                  Map.of(
                      "taskmanager.host",
                      target.toString(),
                      "taskmanager.resource-id",
                      target.toString()))
              .publish(Map.of(METRICS_PORT, newMetricsPort(target)));
      taskManager.start();
      taskManager.connect(docker.brokerNetwork());
      started.add(target);
    }
    started.forEach(this::awaitRegistered);
    return started;
  }

  private void awaitRegistered(TestbedProcess target) {
    docker
        .container(target)
        .awaitReady(config.startTimeout(), () -> rest.isRegistered(target.toString()));
  }

  private int newMetricsPort(TestbedProcess target) {
    return metricsPorts.computeIfAbsent(target, each -> docker.ports().free());
  }

  /** See {@link io.turnstile.testbed.Testbed#metrics}. */
  URI metrics(TestbedProcess target) {
    Integer port = metricsPorts.get(target);
    if (port == null) {
      throw new TestbedException(target + " has no metrics");
    }
    return URI.create("http://" + docker.host() + ":" + port + "/metrics");
  }

  private ManagedContainer newZooKeeper() {
    return docker
        .newContainer(TestbedProcess.ZOOKEEPER, IMAGE, logs)
        .in(docker.flinkNetwork())
        .environment(Map.of("JAVA_TOOL_OPTIONS", "-Dzookeeper.admin.enableServer=false"))
        .file(
            "/tmp/zoo.cfg",
            "tickTime=500\ndataDir=/tmp/zookeeper\nclientPort=" + ZOOKEEPER_PORT + "\n")
        .command(
            "java",
            "-Xmx128m",
            "-cp",
            "/opt/flink/lib/*",
            "org.apache.flink.runtime.zookeeper.FlinkZooKeeperQuorumPeer",
            "--zkConfigFile",
            "/tmp/zoo.cfg",
            "--peerId",
            "1");
  }

  private ManagedContainer newContainer(
      TestbedProcess target, String role, Map<String, String> extraConfig) {
    List<Bind> binds = new ArrayList<>();
    binds.add(new Bind(storage, new Volume(STORAGE)));
    binds.add(new Bind(files.toString(), new Volume(files.toString()), AccessMode.ro));
    if (target.equals(TestbedProcess.JOB_MANAGER)) {
      // Keeps what is on the broker's disk while the broker is down.
      binds.addAll(brokers.diskBind());
    }
    // One that cannot find out whether it leads may end itself, for whoever runs it to start again.
    RestartPolicy restarts =
        options.highAvailability() && target.equals(TestbedProcess.JOB_MANAGER)
            ? RestartPolicy.onFailureRestart(MAX_RESTARTS)
            : RestartPolicy.noRestart();
    Map<String, String> flink = flinkConfig(extraConfig);
    String javaOptions = takeSeveralJavaOptions(flink, role);
    return docker
        .newContainer(target, IMAGE, logs)
        .in(docker.flinkNetwork())
        .environment(
            Map.of(
                "JOB_MANAGER_RPC_ADDRESS",
                TestbedProcess.JOB_MANAGER.toString(),
                "FLINK_PROPERTIES",
                properties(flink),
                "JAVA_TOOL_OPTIONS",
                "%s -XX:+ExitOnOutOfMemoryError -javaagent:%s=%s %s"
                    .formatted(ManagedContainer.FRESH_NAMES, heapFiller, HEAP_FILLER, javaOptions)))
        .options(
            create ->
                create
                    .getHostConfig()
                    .withTmpFs(Map.of(STATE, DockerResources.ownedBy(USER, STATE_SIZE)))
                    .withRestartPolicy(restarts)
                    .withBinds(binds))
        .command(role);
  }

  private Map<String, String> flinkConfig(Map<String, String> extraConfig) {
    Map<String, String> flink = ClusterSettings.flink(config);
    flink.put("jobmanager.rpc.address", TestbedProcess.JOB_MANAGER.toString());
    flink.put("rest.address", TestbedProcess.JOB_MANAGER.toString());
    flink.put("metrics.reporter.prom.port", Integer.toString(METRICS_PORT));
    flink.put("execution.checkpointing.dir", "file://" + STORAGE);
    flink.put("execution.checkpointing.savepoint-dir", "file://" + STORAGE + "/savepoints");
    flink.put("state.backend.rocksdb.localdir", STATE);
    if (options.highAvailability()) {
      flink.put("high-availability.type", "zookeeper");
      flink.put("high-availability.storageDir", "file://" + STORAGE + "/ha");
      flink.put(
          "high-availability.zookeeper.quorum", TestbedProcess.ZOOKEEPER + ":" + ZOOKEEPER_PORT);
      // With the defaults, a JobManager ends itself after 15 s.
      flink.put("high-availability.zookeeper.client.connection-timeout", "3 s");
      // Doubles with each attempt: with 1 s, a wait is up to 64 s after half a minute.
      flink.put("high-availability.zookeeper.client.retry-wait", "100 ms");
      flink.put("high-availability.zookeeper.client.max-retry-attempts", "90");
    }
    flink.putAll(extraConfig);
    flink.putAll(config.flinkConfig());
    return flink;
  }

  /**
   * Removes the options of the JVM that cannot be a property, because the image takes white space
   * out of those. A single one can, and must: a TaskManager without one is given a collector.
   */
  private static String takeSeveralJavaOptions(Map<String, String> flink, String role) {
    // The image has its own.
    flink.remove(JAVA_OPTIONS + "all");
    boolean several = flink.getOrDefault(JAVA_OPTIONS + role, "").contains(" ");
    return several ? flink.remove(JAVA_OPTIONS + role) : "";
  }

  private static String properties(Map<String, String> flink) {
    return flink.entrySet().stream()
        .map(entry -> entry.getKey() + ": " + entry.getValue())
        .collect(Collectors.joining("\n"));
  }
}
