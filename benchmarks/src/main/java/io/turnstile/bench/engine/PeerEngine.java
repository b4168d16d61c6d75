package io.turnstile.bench.engine;

import io.turnstile.events.TopicNames;
import io.turnstile.testbed.JavaApplication;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfigBuilder;
import io.turnstile.testbed.TestbedProcess;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A program of the module {@code benchmarks/peers}: one process that decides, with as many threads
 * as the parallelism and the memory of a TaskManager. Options of the Turnstile job do not reach it:
 * it decides as the job does by default, and refuses settings under which the job would not.
 */
final class PeerEngine implements Engine {

  private static final Duration START = Duration.ofMinutes(2);
  private static final long PAUSE_MILLIS = 50;

  /** What a peer prints when it works. */
  private static final String READY = "peer ready";

  /** Options of the job on which verdicts depend. */
  private static final Set<String> DECISIVE =
      Set.of(
          "clock-skew",
          "content-dedup",
          "content-window",
          "customers",
          "dedup-window",
          "product-wait",
          "token-algorithms");

  private final String name;
  private final String description;
  private final String mainClass;
  private final boolean decides;

  private PeerEngine(String name, String description, String mainClass, boolean decides) {
    this.name = name;
    this.description = description;
    this.mainClass = mainClass;
    this.decides = decides;
  }

  static Engine kafkaStreams() {
    return new PeerEngine(
        "kafka-streams",
        "the same decisions on Kafka Streams, exactly_once_v2 and RocksDB",
        "io.turnstile.bench.peers.StreamsPeer",
        true);
  }

  static Engine kafkaLimit() {
    return new PeerEngine(
        "kafka-limit",
        "bare Kafka transactions that decide nothing: the practical limit",
        "io.turnstile.bench.peers.KafkaLimitPeer",
        false);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String description() {
    return description;
  }

  @Override
  public boolean decides() {
    return decides;
  }

  @Override
  public void prepare(TestbedConfigBuilder testbed, EngineSettings settings) {
    if (settings.onContainers()) {
      throw new IllegalArgumentException(name + " runs on processes only, not on containers");
    }
    testbed.flink(false);
  }

  @Override
  public RunningEngine start(Deployment deployment, EngineSettings settings) throws Exception {
    requireDefaults(settings.job());
    PeerMemory memory = PeerMemory.of(settings.memory());
    Map<String, String> options = new LinkedHashMap<>();
    options.put("threads", Integer.toString(settings.peerThreads()));
    if (decides) {
      options.put("state-memory", Integer.toString(memory.state()));
    }
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--bootstrap-servers", deployment.testbed().bootstrapServers()));
    arguments.addAll(List.of("--topic-prefix", prefix(deployment.topics().transactions())));
    if (decides) {
      arguments.addAll(List.of("--jwks", deployment.jwks().toRealPath().toString()));
    }
    options.forEach((option, value) -> arguments.addAll(List.of("--" + option, value)));
    Map<String, String> shown = new LinkedHashMap<>();
    options.forEach((option, value) -> shown.put("peer --" + option, value));
    shown.put("peer JVM", String.join(" ", memory.jvmOptions()));
    RunningPeer peer =
        new RunningPeer(
            deployment.testbed(),
            new JavaApplication(classPath(), memory.jvmOptions(), mainClass, arguments),
            shown);
    peer.replaceWorker();
    return peer;
  }

  private void requireDefaults(Map<String, String> jobOptions) {
    for (String option : new TreeSet<>(jobOptions.keySet())) {
      if (decides && DECISIVE.contains(option)) {
        throw new IllegalArgumentException(
            "%s has the job's defaults built in: it cannot run with --%s".formatted(name, option));
      }
    }
  }

  /** Peers know the default names behind a prefix. */
  private static String prefix(String transactions) {
    String suffix = TopicNames.DEFAULT.transactions();
    if (!transactions.endsWith(suffix)) {
      throw new IllegalArgumentException(
          "a peer needs the default topic names, not " + transactions);
    }
    return transactions.substring(0, transactions.length() - suffix.length());
  }

  private static String classPath() throws IOException {
    Path module =
        Path.of(System.getProperty("turnstile.home", ""), "benchmarks", "peers", "target")
            .toAbsolutePath();
    Path list = module.resolve("classpath");
    if (!Files.exists(list)) {
      throw new IOException(
          list + " is missing; run `mvn -q package -DskipTests` in the root of the project first");
    }
    return Stream.concat(
            Stream.of("classes"), Arrays.stream(Files.readString(list).strip().split(":")))
        .map(entry -> module.resolve(entry).toString())
        .reduce((before, entry) -> before + File.pathSeparator + entry)
        .orElseThrow();
  }

  /** One process at a time. */
  private static final class RunningPeer implements RunningEngine {

    private final Testbed testbed;
    private final JavaApplication application;
    private final Map<String, String> settings;
    private volatile TestbedProcess process;

    RunningPeer(Testbed testbed, JavaApplication application, Map<String, String> settings) {
      this.testbed = testbed;
      this.application = application;
      this.settings = settings;
    }

    @Override
    public List<TestbedProcess> workers() {
      return testbed.isAlive(process) ? List.of(process) : List.of();
    }

    @Override
    public List<TestbedProcess> processes() {
      return workers();
    }

    @Override
    public void replaceWorker() throws IOException, InterruptedException {
      process = testbed.startApplication(application);
      Path log = testbed.logs().resolve(process + ".log");
      for (long left = START.toMillis(); !isReady(log); left -= PAUSE_MILLIS) {
        if (!testbed.isAlive(process) || left <= 0) {
          testbed.keepLogs();
          throw new IOException("the peer did not start; its log is " + log);
        }
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
      }
    }

    private static boolean isReady(Path log) throws IOException {
      try (Stream<String> lines = Files.lines(log)) {
        return lines.anyMatch(READY::equals);
      }
    }

    @Override
    public Map<String, String> settings() {
      return settings;
    }

    @Override
    public void close() {
      if (testbed.isAlive(process)) {
        testbed.kill(process);
      }
    }
  }
}
