package io.turnstile.testbed.container;

import com.github.dockerjava.api.model.Bind;
import com.github.dockerjava.api.model.Volume;
import io.turnstile.testbed.ClusterSettings;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedException;
import io.turnstile.testbed.TestbedProcess;
import io.turnstile.testbed.TransactionVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;

/** The brokers of a {@link ContainerTestbed}, each its own controller; their listeners and disk. */
final class ContainerBrokers {
  static final String IMAGE = "apache/kafka:4.3.1";

  /** The port at which Flink reaches a broker. */
  static final int PORT = 19_092;

  /** The directory of the bounded disk, in the broker's container and in the JobManager's. */
  static final String DISK = "/log";

  static final String SECURED = "SECURED";
  static final String SECURED_JOBS = "SECUREDJOBS";

  private static final int CONTROLLER_PORT = 19_093;
  private static final int SECURED_PORT = 19_094;
  private static final int USER = 1000;
  private static final int SILENCE_MS = 200;
  private static final String LOGGING = resource("broker-log4j2.yaml");

  private final TestbedConfig config;
  private final ContainerOptions options;
  private final DockerResources docker;
  private final Path logs;
  private final String disk = "turnstile-broker-" + UUID.randomUUID();
  private final String clusterId = Uuid.randomUuid().toString();
  private final List<Integer> ports;
  private final List<Integer> securedPorts;

  /** Chooses the ports; starts nothing yet. */
  ContainerBrokers(
      TestbedConfig config, ContainerOptions options, DockerResources docker, Path logs) {
    this.config = config;
    this.options = options;
    this.docker = docker;
    this.logs = logs;
    ports =
        IntStream.rangeClosed(1, options.brokers())
            .map(
                number ->
                    number == 1
                        ? docker.ports().require("Kafka", config.kafkaPort())
                        : docker.ports().free())
            .boxed()
            .toList();
    securedPorts = ports.stream().map(port -> docker.ports().free()).toList();
  }

  private static String resource(String name) {
    try (InputStream in = ContainerBrokers.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts all brokers and waits until they answer. */
  void start() {
    if (options.brokerDisk() != null) {
      docker.createVolume(disk, DockerResources.ownedBy(USER, options.brokerDisk()));
    }
    List<TestbedProcess> brokers =
        IntStream.rangeClosed(1, options.brokers()).mapToObj(TestbedProcess::broker).toList();
    brokers.forEach(broker -> newBroker(broker).start());
    brokers.forEach(this::awaitReady);
  }

  /** Starts a broker again that has ended, with its data, and waits until it answers. */
  void startAgain(TestbedProcess broker) {
    docker.container(broker).startAgain();
    awaitReady(broker);
  }

  private ManagedContainer newBroker(TestbedProcess broker) {
    List<Listener> listeners = listeners(broker);
    return docker
        .newContainer(broker, IMAGE, logs)
        .in(docker.brokerNetwork())
        .environment(
            Map.of(
                "CLUSTER_ID",
                clusterId,
                "KAFKA_HEAP_OPTS",
                "-Xms" + config.brokerHeap() + " -Xmx" + config.brokerHeap(),
                "KAFKA_OPTS",
                Stream.concat(
                        Stream.of(ManagedContainer.FRESH_NAMES), config.brokerJvmOptions().stream())
                    .collect(Collectors.joining(" "))))
        // Not by the environment, which others can see: there may be keys in it.
        .file("/mnt/shared/config/server.properties", text(serverProperties(broker, listeners)))
        .file("/mnt/shared/config/log4j2.yaml", LOGGING)
        .file("/mnt/shared/config/tools-log4j2.yaml", LOGGING)
        .publish(
            listeners.stream()
                .filter(listener -> listener.address().equals(docker.host()))
                .map(Listener::port)
                .collect(Collectors.toMap(port -> port, port -> port)))
        .options(create -> create.getHostConfig().withBinds(diskBind()));
  }

  private Properties serverProperties(TestbedProcess broker, List<Listener> listeners) {
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
      server.put("log.dirs", DISK + "/kafka");
    }
    server.putAll(ClusterSettings.broker(config, options.brokers()));
    return server;
  }

  /**
   * A listener of a broker.
   *
   * @param protocol security protocol
   * @param address host name that clients are told
   */
  private record Listener(String name, String protocol, String address, int port) {}

  private List<Listener> listeners(TestbedProcess broker) {
    List<Listener> listeners = new ArrayList<>();
    listeners.add(new Listener("HOST", "PLAINTEXT", docker.host(), portOf(broker, ports)));
    listeners.add(new Listener("JOBS", "PLAINTEXT", broker.toString(), PORT));
    if (options.secured()) {
      listeners.add(new Listener(SECURED, "SASL_SSL", docker.host(), portOf(broker, securedPorts)));
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

  private static int portOf(TestbedProcess broker, List<Integer> hostPorts) {
    return hostPorts.get(broker.number() - 1);
  }

  private void awaitReady(TestbedProcess broker) {
    int port = portOf(broker, ports);
    docker.container(broker).awaitReady(config.startTimeout(), () -> isServed(port));
    TransactionVersion.require(docker.host() + ":" + port, config.startTimeout());
  }

  /**
   * True if a published port has somebody behind it. Docker accepts connections in any case, and
   * closes them at once if nobody is there; Kafka waits for a request.
   */
  private boolean isServed(int port) {
    try (Socket socket = new Socket(docker.host(), port)) {
      socket.setSoTimeout(SILENCE_MS);
      return socket.getInputStream().read() >= 0;
    } catch (SocketTimeoutException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Mounts the bounded disk, if there is one. */
  List<Bind> diskBind() {
    return options.brokerDisk() == null ? List.of() : List.of(new Bind(disk, new Volume(DISK)));
  }

  String bootstrapServers() {
    return ofThisMachine(ports);
  }

  String bootstrapServersForJobs() {
    return ofJobs(PORT);
  }

  String securedBootstrapServers() {
    requireSecured();
    return ofThisMachine(securedPorts);
  }

  String securedBootstrapServersForJobs() {
    requireSecured();
    return ofJobs(SECURED_PORT);
  }

  private void requireSecured() {
    if (!options.secured()) {
      throw new TestbedException("this testbed has no secured listeners");
    }
  }

  private String ofThisMachine(List<Integer> hostPorts) {
    return hostPorts.stream()
        .map(port -> docker.host() + ":" + port)
        .collect(Collectors.joining(","));
  }

  private String ofJobs(int port) {
    return IntStream.rangeClosed(1, options.brokers())
        .mapToObj(number -> TestbedProcess.broker(number) + ":" + port)
        .collect(Collectors.joining(","));
  }
}
