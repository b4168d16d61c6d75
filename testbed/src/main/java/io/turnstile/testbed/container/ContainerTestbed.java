package io.turnstile.testbed.container;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.CreateContainerCmd;
import com.github.dockerjava.api.model.AccessMode;
import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.ExposedPort;
import com.github.dockerjava.api.model.PortBinding;
import com.github.dockerjava.api.model.Ports.Binding;
import com.github.dockerjava.api.model.RestartPolicy;
import com.github.dockerjava.api.model.Volume;
import io.turnstile.clients.FlinkRest;
import io.turnstile.testbed.ClusterSettings;
import io.turnstile.testbed.JavaApplication;
import io.turnstile.testbed.Ports;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedException;
import io.turnstile.testbed.TestbedProcess;
import io.turnstile.testbed.process.KafkaBroker;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Network;

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
  public static final String KAFKA_IMAGE = "apache/kafka:4.3.1";
  public static final String FLINK_IMAGE = "flink:2.2.1-java17";

  private static final String SECURED = "SECURED";
  private static final String SECURED_JOBS = "SECUREDJOBS";

  /**
   * The brokers' further listeners for SASL over TLS, where they are asked for. {@link
   * TestbedConfig#brokerConfig} is to say with which key, and who may come in.
   */
  public static final List<String> SECURED_LISTENERS = List.of(SECURED, SECURED_JOBS);

  private static final Logger LOG = LoggerFactory.getLogger(ContainerTestbed.class);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);

  /** A JVM first collects for long what little is left to be collected. */
  private static final Duration OUT_OF_HEAP_TIMEOUT = Duration.ofSeconds(90);

  private static final int BROKER_PORT = 19_092;
  private static final int CONTROLLER_PORT = 19_093;
  private static final int SECURED_PORT = 19_094;
  private static final int UI_PORT = 8081;
  private static final int METRICS_PORT = 9249;
  private static final int ZOOKEEPER_PORT = 2181;
  private static final int MAX_RESTARTS = 5;
  private static final int KAFKA_USER = 1000;
  private static final int FLINK_USER = 9999;
  private static final int SILENCE_MS = 200;
  private static final long MEMORY_LIMIT = 3L << 30;
  private static final String STORAGE = "/checkpoints";
  private static final String BROKER_DISK = "/log";
  private static final String HEAP_FILLER = "/tmp/heap-filler";
  private static final String STATE = "/state";
  private static final String STATE_SIZE = "512m";

  private static final String BROKER_LOGGING = resource("broker-log4j2.yaml");

  /** Addresses change when a container starts or connects again: names are asked for each time. */
  private static final String FRESH_NAMES =
      "-Dsun.net.inetaddr.ttl=1 -Dsun.net.inetaddr.negative.ttl=1";

  private final TestbedConfig config;
  private final ContainerOptions options;
  private final Path directory;
  private final Path logs;
  private final Path files;
  private final Path heapFiller;
  private final DockerClient docker = DockerClientFactory.lazyClient();
  private final String host = dockerHost();
  private final Network data = Network.newNetwork();
  private final Network control = Network.newNetwork();
  private final String storage = "turnstile-" + UUID.randomUUID();
  private final String brokerDisk = storage + "-broker";
  private final List<String> volumes = new CopyOnWriteArrayList<>();
  private final String clusterId = Uuid.randomUuid().toString();
  private final Ports ports = new Ports();
  private final Map<TestbedProcess, Integer> metricsPorts = new ConcurrentHashMap<>();
  private final List<Integer> brokerPorts;
  private final List<Integer> securedPorts;
  private final int uiPort;
  private final FlinkRest rest;
  private final Map<TestbedProcess, ManagedContainer> targets = new ConcurrentHashMap<>();
  private final AtomicInteger taskManagersStarted = new AtomicInteger();
  private final AtomicBoolean started = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final Thread closeAtExit = new Thread(this::close, "close-testbed");
  private volatile boolean keepLogs;

  /** One broker, no high availability. */
  public ContainerTestbed(TestbedConfig config) {
    this(config, ContainerOptions.defaults());
  }

  /** Makes the directory and chooses the ports; starts nothing yet. */
  public ContainerTestbed(TestbedConfig config, ContainerOptions options) {
    if (options.brokerDisk() != null && !config.flink()) {
      throw new IllegalArgumentException("without Flink, nobody keeps a bounded broker's disk");
    }
    this.config = config;
    this.options = options;
    try {
      Files.createDirectories(config.baseDirectory());
      directory = Files.createTempDirectory(config.baseDirectory().toRealPath(), "turnstile-");
      logs = Files.createDirectory(directory.resolve("logs"));
      // Users of the containers are others.
      files =
          Files.createDirectory(
              directory.resolve("files"),
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
      heapFiller = agent(HeapFiller.class, files.resolve("heap-filler.jar"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    brokerPorts =
        IntStream.rangeClosed(1, options.brokers())
            .map(number -> number == 1 ? ports.require("Kafka", config.kafkaPort()) : ports.free())
            .boxed()
            .toList();
    securedPorts = brokerPorts.stream().map(port -> ports.free()).toList();
    uiPort = ports.require("Flink's web UI", config.uiPort());
    rest = new FlinkRest(URI.create("http://" + host + ":" + uiPort));
    Runtime.getRuntime().addShutdownHook(closeAtExit);
  }

  /** Packs a class as a Java agent. */
  private static Path agent(Class<?> type, Path jar) throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Premain-Class", type.getName());
    String name = type.getName().replace('.', '/') + ".class";
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest);
        InputStream in = type.getResourceAsStream("/" + name)) {
      out.putNextEntry(new ZipEntry(name));
      in.transferTo(out);
    }
    return jar;
  }

  @Override
  public void start() {
    if (!started.compareAndSet(false, true)) {
      throw new TestbedException("the testbed was started already");
    }
    try {
      startBrokers();
      if (config.flink()) {
        startFlink();
      }
    } catch (RuntimeException e) {
      markFailed();
      throw e instanceof TestbedException
          ? e
          : new TestbedException("the testbed did not start: " + e.getMessage(), e);
    }
    LOG.info("Images: {}", images());
  }

  /** The images that run, with their ids. */
  public Map<String, String> images() {
    Map<String, String> images = new TreeMap<>();
    images.put(KAFKA_IMAGE, container(TestbedProcess.BROKER).imageId());
    if (config.flink()) {
      images.put(FLINK_IMAGE, container(TestbedProcess.JOB_MANAGER).imageId());
    }
    return images;
  }

  private static String resource(String name) {
    try (InputStream in = ContainerTestbed.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private ManagedContainer newContainer(TestbedProcess target, String image) {
    ManagedContainer container =
        new ManagedContainer(target.toString(), image, logs.resolve(target + ".log"));
    targets.put(target, container);
    if (closed.get()) {
      throw new TestbedException("the testbed is closed");
    }
    return container;
  }

  private void startBrokers() {
    if (options.brokerDisk() != null) {
      createVolume(brokerDisk, ownedBy(KAFKA_USER, options.brokerDisk()));
    }
    List<TestbedProcess> brokers =
        IntStream.rangeClosed(1, options.brokers()).mapToObj(TestbedProcess::broker).toList();
    brokers.forEach(broker -> newBroker(broker).start());
    brokers.forEach(this::awaitBroker);
  }

  private ManagedContainer newBroker(TestbedProcess broker) {
    List<Listener> listeners = listeners(broker);
    Properties server = new Properties();
    server.put("process.roles", "broker,controller");
    server.put("node.id", Integer.toString(broker.number()));
    server.put(
        "controller.quorum.voters",
        IntStream.rangeClosed(1, options.brokers())
            .mapToObj(
                number -> number + "@" + TestbedProcess.broker(number) + ":" + CONTROLLER_PORT)
            .collect(Collectors.joining(",")));
    server.put("controller.listener.names", "CONTROLLER");
    server.put(
        "listeners", joined(listeners, "%1$s://:%4$d") + ",CONTROLLER://:" + CONTROLLER_PORT);
    server.put("advertised.listeners", joined(listeners, "%1$s://%3$s:%4$d"));
    server.put(
        "listener.security.protocol.map", joined(listeners, "%1$s:%2$s") + ",CONTROLLER:PLAINTEXT");
    server.put("inter.broker.listener.name", "JOBS");
    if (options.brokerDisk() != null) {
      server.put("log.dirs", BROKER_DISK + "/kafka");
    }
    server.putAll(ClusterSettings.broker(config, options.brokers()));

    return newContainer(broker, KAFKA_IMAGE)
        .in(data)
        .environment(
            Map.of(
                "CLUSTER_ID",
                clusterId,
                "KAFKA_HEAP_OPTS",
                "-Xms" + config.brokerHeap() + " -Xmx" + config.brokerHeap(),
                "KAFKA_OPTS",
                Stream.concat(Stream.of(FRESH_NAMES), config.brokerJvmOptions().stream())
                    .collect(Collectors.joining(" "))))
        // Not by the environment, which others can see: there may be keys in it.
        .file("/mnt/shared/config/server.properties", text(server))
        .file("/mnt/shared/config/log4j2.yaml", BROKER_LOGGING)
        .file("/mnt/shared/config/tools-log4j2.yaml", BROKER_LOGGING)
        .options(
            create -> {
              publish(
                  create,
                  listeners.stream()
                      .filter(listener -> listener.address().equals(host))
                      .map(Listener::port)
                      .collect(Collectors.toMap(port -> port, port -> port)));
              create.getHostConfig().withBinds(brokerDiskBind());
            });
  }

  /**
   * Where a broker listens, and is found.
   *
   * @param protocol security protocol
   */
  private record Listener(String name, String protocol, String address, int port) {}

  private List<Listener> listeners(TestbedProcess broker) {
    List<Listener> listeners = new ArrayList<>();
    listeners.add(new Listener("HOST", "PLAINTEXT", host, portOf(broker, brokerPorts)));
    listeners.add(new Listener("JOBS", "PLAINTEXT", broker.toString(), BROKER_PORT));
    if (options.secured()) {
      listeners.add(new Listener(SECURED, "SASL_SSL", host, portOf(broker, securedPorts)));
      listeners.add(new Listener(SECURED_JOBS, "SASL_SSL", broker.toString(), SECURED_PORT));
    }
    return listeners;
  }

  private static String joined(List<Listener> listeners, String format) {
    return listeners.stream()
        .map(each -> format.formatted(each.name(), each.protocol(), each.address(), each.port()))
        .collect(Collectors.joining(","));
  }

  private static String text(Properties properties) {
    StringWriter text = new StringWriter();
    try {
      properties.store(text, null);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  private List<Bind> brokerDiskBind() {
    return options.brokerDisk() == null
        ? List.of()
        : List.of(new Bind(brokerDisk, new Volume(BROKER_DISK)));
  }

  private int brokerPort(TestbedProcess broker) {
    return portOf(broker, brokerPorts);
  }

  private static int portOf(TestbedProcess broker, List<Integer> hostPorts) {
    return hostPorts.get(broker.number() - 1);
  }

  /** The same port of the host at every start, which Docker does not do by itself. */
  private static void publish(CreateContainerCmd create, Map<Integer, Integer> hostPorts) {
    create.withExposedPorts(hostPorts.keySet().stream().map(ExposedPort::tcp).toList());
    create
        .getHostConfig()
        .withPortBindings(
            hostPorts.entrySet().stream()
                .map(
                    each ->
                        new PortBinding(
                            Binding.bindPort(each.getValue()), ExposedPort.tcp(each.getKey())))
                .toList());
  }

  private void awaitBroker(TestbedProcess broker) {
    container(broker).awaitReady(config.startTimeout(), () -> isServed(brokerPort(broker)));
    KafkaBroker.requireTransactionVersion(host + ":" + brokerPort(broker), config.startTimeout());
  }

  /**
   * Whether a published port has somebody behind it. Docker accepts connections in any case, and
   * closes them at once if nobody is there; Kafka waits for a request.
   */
  private boolean isServed(int port) {
    try (Socket socket = new Socket(host, port)) {
      socket.setSoTimeout(SILENCE_MS);
      return socket.getInputStream().read() >= 0;
    } catch (SocketTimeoutException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private void startFlink() {
    createVolume(storage, ownedBy(FLINK_USER, options.checkpointStorage()));
    if (options.highAvailability()) {
      newZooKeeper().start();
    }
    newFlinkContainer(TestbedProcess.JOB_MANAGER, "jobmanager", Map.of())
        .options(
            create ->
                publish(
                    create,
                    Map.of(UI_PORT, uiPort, METRICS_PORT, metricsPort(TestbedProcess.JOB_MANAGER))))
        .start();
    container(TestbedProcess.JOB_MANAGER).connect(data);
    awaitJobManager();
    startTaskManagers(config.taskManagers());
  }

  /** Makes a volume in memory, which lasts for as long as some container has it. */
  private void createVolume(String name, String mountOptions) {
    volumes.add(name);
    docker
        .createVolumeCmd()
        .withName(name)
        .withDriver("local")
        .withDriverOpts(Map.of("type", "tmpfs", "device", "tmpfs", "o", mountOptions))
        .withLabels(labels())
        .exec();
  }

  /** Options of a file system in memory. */
  private static String ownedBy(int user, String size) {
    return "size=%s,uid=%d,gid=%d".formatted(size, user, user);
  }

  /** What Testcontainers' reaper knows this JVM's by. */
  private static Map<String, String> labels() {
    Map<String, String> labels = new HashMap<>(DockerClientFactory.DEFAULT_LABELS);
    labels.put(DockerClientFactory.TESTCONTAINERS_SESSION_ID_LABEL, DockerClientFactory.SESSION_ID);
    return labels;
  }

  private int metricsPort(TestbedProcess target) {
    return metricsPorts.computeIfAbsent(target, each -> ports.free());
  }

  private ManagedContainer newZooKeeper() {
    return newContainer(TestbedProcess.ZOOKEEPER, FLINK_IMAGE)
        .in(control)
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

  private ManagedContainer newFlinkContainer(
      TestbedProcess target, String role, Map<String, String> extraConfig) {
    List<Bind> binds = new ArrayList<>();
    binds.add(new Bind(storage, new Volume(STORAGE)));
    binds.add(new Bind(files.toString(), new Volume(files.toString()), AccessMode.ro));
    if (target.equals(TestbedProcess.JOB_MANAGER)) {
      // Keeps what is on the broker's disk while the broker is down.
      binds.addAll(brokerDiskBind());
    }
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
      flink.put("high-availability.zookeeper.client.retry-wait", "1 s");
      flink.put("high-availability.zookeeper.client.max-retry-attempts", "90");
    }
    flink.putAll(extraConfig);
    flink.putAll(config.flinkConfig());
    // The image has its own, and takes no white space.
    flink.remove("env.java.opts.all");
    String properties =
        flink.entrySet().stream()
            .map(entry -> entry.getKey() + ": " + entry.getValue())
            .collect(Collectors.joining("\n"));
    // One that cannot find out whether it leads may end itself, for whoever runs it to start again.
    RestartPolicy restarts =
        options.highAvailability() && target.equals(TestbedProcess.JOB_MANAGER)
            ? RestartPolicy.onFailureRestart(MAX_RESTARTS)
            : RestartPolicy.noRestart();
    return newContainer(target, FLINK_IMAGE)
        .in(control)
        .environment(
            Map.of(
                "JOB_MANAGER_RPC_ADDRESS",
                TestbedProcess.JOB_MANAGER.toString(),
                "FLINK_PROPERTIES",
                properties,
                "JAVA_TOOL_OPTIONS",
                FRESH_NAMES
                    + " -XX:+ExitOnOutOfMemoryError -javaagent:%s=%s"
                        .formatted(heapFiller, HEAP_FILLER)))
        .options(
            create ->
                create
                    .getHostConfig()
                    .withTmpFs(Map.of(STATE, ownedBy(FLINK_USER, STATE_SIZE)))
                    .withRestartPolicy(restarts)
                    .withBinds(binds))
        .command(role);
  }

  private void awaitJobManager() {
    container(TestbedProcess.JOB_MANAGER).awaitReady(config.startTimeout(), rest::isUp);
  }

  private List<TestbedProcess> startTaskManagers(int count) {
    List<TestbedProcess> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      TestbedProcess target = TestbedProcess.taskManager(taskManagersStarted.incrementAndGet());
      ManagedContainer taskManager =
          newFlinkContainer(
              target,
              "taskmanager",
              Map.of(
                  "taskmanager.host",
                  target.toString(),
                  "taskmanager.resource-id",
                  target.toString()));
      taskManager.options(create -> publish(create, Map.of(METRICS_PORT, metricsPort(target))));
      taskManager.start();
      taskManager.connect(data);
      all.add(target);
    }
    all.forEach(this::awaitRegistered);
    return all;
  }

  private void awaitRegistered(TestbedProcess target) {
    container(target)
        .awaitReady(
            config.startTimeout(),
            () ->
                rest.taskManagers().stream()
                    .anyMatch(each -> each.id().equals(target.toString()) && each.slots() > 0));
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    targets.values().forEach(container -> quietly(container.name(), container::close));
    volumes.forEach(volume -> quietly("volume", () -> docker.removeVolumeCmd(volume).exec()));
    quietly("network", data::close);
    quietly("network", control::close);
    deleteFiles();
    try {
      Runtime.getRuntime().removeShutdownHook(closeAtExit);
    } catch (IllegalStateException e) {
      // The JVM is ending: that hook is what runs.
    }
  }

  /** The others must be removed all the same. */
  private static void quietly(String what, Runnable removal) {
    try {
      removal.run();
    } catch (RuntimeException e) {
      LOG.warn("Could not remove the {}", what, e);
    }
  }

  private void deleteFiles() {
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        if (!keepLogs || !(path.startsWith(logs) || path.equals(directory))) {
          Files.delete(path);
        }
      }
    } catch (IOException e) {
      LOG.warn("Could not delete all of {}", directory, e);
    }
    if (keepLogs) {
      System.err.println("The logs of Kafka and Flink are in " + logs);
    }
  }

  /** The names by which clients find a single broker, on this machine and beside Flink. */
  public static List<String> brokerHosts() {
    return List.of(dockerHost(), TestbedProcess.BROKER.toString());
  }

  private static String dockerHost() {
    return DockerClientFactory.instance().dockerHostIpAddress();
  }

  /** All brokers, as this machine reaches them. */
  @Override
  public String bootstrapServers() {
    return brokersOfThisMachine(brokerPorts);
  }

  @Override
  public String bootstrapServersForJobs() {
    return brokersOfJobs(BROKER_PORT);
  }

  /** {@link #bootstrapServers} of the secured listeners. */
  public String securedBootstrapServers() {
    requireSecured();
    return brokersOfThisMachine(securedPorts);
  }

  /** {@link #bootstrapServersForJobs} of the secured listeners. */
  public String securedBootstrapServersForJobs() {
    requireSecured();
    return brokersOfJobs(SECURED_PORT);
  }

  private void requireSecured() {
    if (!options.secured()) {
      throw new TestbedException("this testbed has no secured listeners");
    }
  }

  private String brokersOfThisMachine(List<Integer> hostPorts) {
    return hostPorts.stream().map(port -> host + ":" + port).collect(Collectors.joining(","));
  }

  private String brokersOfJobs(int port) {
    return IntStream.rangeClosed(1, options.brokers())
        .mapToObj(number -> TestbedProcess.broker(number) + ":" + port)
        .collect(Collectors.joining(","));
  }

  @Override
  public Path files() {
    return files;
  }

  @Override
  public URI flinkUrl() {
    return flink().uri();
  }

  @Override
  public FlinkRest flink() {
    if (!config.flink()) {
      throw new TestbedException("this testbed has no Flink");
    }
    return rest;
  }

  @Override
  public URI metrics(TestbedProcess target) {
    Integer port = metricsPorts.get(target);
    if (port == null) {
      throw new TestbedException(target + " has no metrics");
    }
    return URI.create("http://" + host + ":" + port + "/metrics");
  }

  @Override
  public List<TestbedProcess> taskManagers() {
    return targets.keySet().stream()
        .filter(target -> target.role() == TestbedProcess.Role.TASK_MANAGER)
        .filter(this::isAlive)
        .sorted(Comparator.comparingInt(TestbedProcess::number))
        .toList();
  }

  @Override
  public TestbedProcess startTaskManager() {
    return startTaskManagers(1).get(0);
  }

  @Override
  public TestbedProcess startApplication(JavaApplication application) {
    throw new TestbedException("this testbed has no applications");
  }

  @Override
  public void start(TestbedProcess target) {
    switch (target.role()) {
      case BROKER -> {
        container(target).startAgain();
        awaitBroker(target);
      }
      case JOB_MANAGER -> {
        container(target).startAgain();
        awaitJobManager();
      }
      case ZOOKEEPER -> container(target).startAgain();
      case TASK_MANAGER, APPLICATION ->
          throw new TestbedException(target + " does not start again; start another one");
    }
  }

  @Override
  public void stop(TestbedProcess target) {
    container(target).stop(STOP_TIMEOUT);
  }

  @Override
  public void kill(TestbedProcess target) {
    container(target).kill();
  }

  @Override
  public void pause(TestbedProcess target) {
    container(target).pause();
  }

  @Override
  public void resume(TestbedProcess target) {
    container(target).resume();
  }

  @Override
  public boolean isAlive(TestbedProcess target) {
    return container(target).isAlive();
  }

  @Override
  public long pid(TestbedProcess target) {
    return container(target).pid();
  }

  private ManagedContainer container(TestbedProcess target) {
    ManagedContainer container = targets.get(target);
    if (container == null) {
      throw new TestbedException("this testbed has no " + target);
    }
    return container;
  }

  @Override
  public void cutFromBrokers(TestbedProcess taskManager) {
    container(taskManager).disconnect(data);
  }

  @Override
  public void reconnectToBrokers(TestbedProcess taskManager) {
    container(taskManager).connect(data);
  }

  /**
   * Takes a TaskManager out of the network that the JobManager, ZooKeeper and the others are in.
   */
  public void cutFromJobManager(TestbedProcess taskManager) {
    container(taskManager).disconnect(control);
  }

  public void reconnectToJobManager(TestbedProcess taskManager) {
    container(taskManager).connectByName(control);
  }

  /** Leaves it that many cores' worth of processor time; 0 for all. */
  public void limitCpu(TestbedProcess target, double cores) {
    container(target).limitCpu(cores);
  }

  /** Lets the kernel end it for want of memory, which another process has used up. */
  public void killForMemory(TestbedProcess target) {
    ManagedContainer container = container(target);
    container.limitMemory(MEMORY_LIMIT);
    try {
      // Among the processes of the container, the kernel is to choose the first.
      container.run("echo 1000 >/proc/1/oom_score_adj && exec tail /dev/zero");
    } catch (TestbedException e) {
      // It ended with the container.
    }
    container.awaitEnd(STOP_TIMEOUT);
  }

  /** Uses up the heap of a process of Flink, which ends for it. */
  public void fillHeap(TestbedProcess target) {
    ManagedContainer container = container(target);
    container.run("touch " + HEAP_FILLER + "/now");
    container.awaitEnd(OUT_OF_HEAP_TIMEOUT);
  }

  /**
   * Whether this machine is where the containers run, and may filter their packets: as root, with
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

  /** Lets nothing that the brokers say to a TaskManager arrive; what it says to them does. */
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
        Integer.toString(BROKER_PORT),
        "-j",
        "DROP");
  }

  /** Lets that share of what is sent to it not arrive; whoever sends has to send again. */
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
            List.of("nsenter", "-t", Long.toString(pid(target)), "-n", "iptables", "-w"));
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

  /** Uses up what is left of the storage for checkpoints. */
  public void fillCheckpointStorage() {
    fill(TestbedProcess.JOB_MANAGER, STORAGE);
  }

  public void freeCheckpointStorage() {
    free(TestbedProcess.JOB_MANAGER, STORAGE);
  }

  /** Uses up what is left of the disk that a TaskManager has its working state on. */
  public void fillState(TestbedProcess taskManager) {
    fill(taskManager, STATE);
  }

  public void freeState(TestbedProcess taskManager) {
    free(taskManager, STATE);
  }

  /** Uses up what is left of the broker's disk, and waits until the broker has ended for it. */
  public void fillBrokerDisk() {
    fill(TestbedProcess.JOB_MANAGER, BROKER_DISK);
    container(TestbedProcess.BROKER).awaitEnd(STOP_TIMEOUT);
  }

  public void freeBrokerDisk() {
    free(TestbedProcess.JOB_MANAGER, BROKER_DISK);
  }

  private void fill(TestbedProcess target, String directory) {
    String filler = directory + "/filler";
    container(target)
        .run("dd if=/dev/zero of=%1$s bs=1M 2>/dev/null; test -s %1$s".formatted(filler));
  }

  private void free(TestbedProcess target, String directory) {
    container(target).run("rm " + directory + "/filler");
  }

  /** Denies Flink all access to the storage for checkpoints. */
  public void closeCheckpointStorage() {
    container(TestbedProcess.JOB_MANAGER).run("chmod 0 " + STORAGE);
  }

  public void openCheckpointStorage() {
    container(TestbedProcess.JOB_MANAGER).run("chmod 755 " + STORAGE);
  }

  /** Lets no name be resolved any more in a container; connections that exist stay. */
  public void loseNames(TestbedProcess target) {
    container(target)
        .run("cp /etc/resolv.conf /tmp/names && echo nameserver 127.0.0.1 >/etc/resolv.conf");
  }

  public void findNames(TestbedProcess target) {
    container(target).run("cat /tmp/names >/etc/resolv.conf");
  }

  /**
   * Runs a shell command in a container, as root.
   *
   * @return what it wrote to its standard output
   */
  public String run(TestbedProcess target, String command) {
    return container(target).run(command);
  }

  @Override
  public Path logs() {
    return logs;
  }

  @Override
  public void keepLogs() {
    keepLogs = true;
  }
}
