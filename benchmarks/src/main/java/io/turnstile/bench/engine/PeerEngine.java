package io.turnstile.bench.engine;

import io.turnstile.bench.scenario.EngineSettings;
import io.turnstile.clients.Await;
import io.turnstile.events.TopicNames;
import io.turnstile.testbed.Distribution;
import io.turnstile.testbed.JavaApplication;
import io.turnstile.testbed.LogFile;
import io.turnstile.testbed.Ports;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedException;
import io.turnstile.testbed.TestbedProcess;
import io.turnstile.testbed.TurnstileDeployment;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A program of the module {@code benchmarks/peers}: a process that decides, with as many threads as
 * the parallelism and the memory of a TaskManager, or two of them. Options of the Turnstile job do
 * not reach it: it decides as the job does by default, and refuses settings under which the job
 * would not.
 *
 * @param decides false if it only copies
 * @param instances processes that share the work; of several, each can do that of the others
 * @param redis true if it has a Redis beside it
 * @param options further ones of the program, with their values
 */
record PeerEngine(
    String name,
    String description,
    String mainClass,
    boolean decides,
    int instances,
    boolean redis,
    Map<String, String> options)
    implements Engine {

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

  @Override
  public Deployment deploy(EngineSettings settings, Path base, Path keys) throws Exception {
    if (settings.onContainers()) {
      throw new IllegalArgumentException(name + " runs on processes only, not on containers");
    }
    Set<String> refused = new TreeSet<>(settings.job().keySet());
    refused.retainAll(DECISIVE);
    if (decides && !refused.isEmpty()) {
      throw new IllegalArgumentException(
          "%s has the job's defaults built in: it cannot run with --%s"
              .formatted(name, String.join(", --", refused)));
    }
    if (settings.lanes() < instances) {
      throw new IllegalArgumentException(
          name + " shares out lanes: it needs " + instances + " of them or more");
    }
    return Deployment.onTestbed(
        testbed(base),
        settings,
        TopicNames.DEFAULT,
        keys,
        deployment -> start(deployment, settings));
  }

  static TestbedConfig testbed(Path base) {
    return TestbedConfig.builder()
        .baseDirectory(base)
        .flink(false)
        // Else a broker looks every 10 s for transactions of the dead.
        .brokerConfig(Map.of("transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000"))
        .build();
  }

  private RunningEngine start(TurnstileDeployment deployment, EngineSettings settings) {
    PeerMemory memory = PeerMemory.of(settings.memory());
    Map<String, String> shown = new LinkedHashMap<>();
    List<String> arguments = new ArrayList<>();
    String threads = Integer.toString(settings.peerThreads());
    String brokers = deployment.testbed().bootstrapServers();
    arguments.addAll(List.of("--bootstrap-servers", brokers, "--threads", threads));
    shown.put("peer --threads", threads);
    if (decides) {
      String state = Integer.toString(memory.state());
      arguments.addAll(List.of("--jwks", deployment.jwks(), "--state-memory", state));
      shown.put("peer --state-memory", state);
    }
    new TreeMap<>(options)
        .forEach(
            (option, value) -> {
              arguments.addAll(List.of(option, value));
              shown.put("peer " + option, value);
            });
    shown.put("peer JVM", String.join(" ", memory.jvmOptions()));
    if (instances > 1) {
      shown.put("peer instances", Integer.toString(instances));
    }
    Testbed testbed = deployment.testbed();
    Optional<TestbedProcess> server = Optional.empty();
    if (redis) {
      String port = Integer.toString(new Ports().free());
      server = Optional.of(startRedis(testbed, port));
      arguments.addAll(List.of("--redis-port", port));
      shown.put("redis", "appendonly, fsync every second");
    }
    List<JavaApplication> applications = new ArrayList<>();
    for (int i = 1; i <= instances; i++) {
      List<String> own = new ArrayList<>(arguments);
      if (instances > 1) {
        String instance = "peer-" + i;
        Path state = testbed.files().resolve(instance);
        own.addAll(List.of("--instance", instance, "--state-dir", state.toString()));
      }
      applications.add(new JavaApplication(classPath(), memory.jvmOptions(), mainClass, own));
    }
    RunningPeer peer =
        new RunningPeer(testbed, applications, server, shown, new ConcurrentSkipListMap<>());
    peer.replaceWorker();
    return peer;
  }

  private static void awaitReady(Testbed testbed, TestbedProcess process) {
    LogFile log = new LogFile(testbed.logs().resolve(process + ".log"));
    Supplier<TestbedException> failure =
        () -> new TestbedException("the peer did not start; its log is " + log.path());
    Await.until(
        Duration.ofMinutes(2),
        () -> {
          if (!testbed.isAlive(process)) {
            throw failure.get();
          }
          return log.lines().anyMatch("peer ready"::equals);
        },
        failure);
  }

  private static TestbedProcess startRedis(Testbed testbed, String port) {
    String directory = testbed.files().resolve("redis").toString();
    TestbedProcess server =
        testbed.startApplication(
            new JavaApplication(
                classPath(),
                List.of("-Xmx32m"),
                "io.turnstile.bench.peers.RedisServer",
                List.of("--port", port, "--directory", directory)));
    awaitReady(testbed, server);
    return server;
  }

  private static String classPath() {
    Path module =
        Path.of(System.getProperty("turnstile.home", ""), "benchmarks", "peers", "target")
            .toAbsolutePath();
    return module.resolve("classes") + File.pathSeparator + Distribution.in(module).classPath();
  }

  /**
   * One process at a time for each of the applications.
   *
   * @param server their Redis
   * @param current those that were started last, by their place among the applications
   */
  private record RunningPeer(
      Testbed testbed,
      List<JavaApplication> applications,
      Optional<TestbedProcess> server,
      Map<String, String> settings,
      ConcurrentNavigableMap<Integer, TestbedProcess> current)
      implements RunningEngine {

    @Override
    public List<TestbedProcess> workers() {
      return current.values().stream().filter(testbed::isAlive).toList();
    }

    @Override
    public Map<String, Long> pids() {
      List<TestbedProcess> all = new ArrayList<>(current.values());
      all.add(TestbedProcess.BROKER);
      return testbed.pids(all);
    }

    @Override
    public boolean hasSpareWorker() {
      return applications.size() > 1;
    }

    /** Starts all that do not run; the first anew if all do, for it is frozen then. */
    @Override
    public void replaceWorker() {
      List<Integer> missing = new ArrayList<>();
      for (int i = 0; i < applications.size(); i++) {
        TestbedProcess before = current.get(i);
        if (before == null || !testbed.isAlive(before)) {
          missing.add(i);
        }
      }
      for (int i : missing.isEmpty() ? List.of(0) : missing) {
        TestbedProcess process = testbed.startApplication(applications.get(i));
        current.put(i, process);
        awaitReady(testbed, process);
      }
    }

    @Override
    public void close() {
      workers().forEach(testbed::kill);
      server.filter(testbed::isAlive).ifPresent(testbed::kill);
    }
  }

  /**
   * The division of a peer's memory: as Flink divides a TaskManager's by default, so that heap and
   * state have the same room in both. All in MiB.
   *
   * @param direct memory of the JVM besides its heap, where Flink has its network buffers
   * @param state what RocksDB may use, Flink's managed memory
   */
  record PeerMemory(int heap, int direct, int metaspace, int state) {

    private static final Pattern SIZE = Pattern.compile("(\\d+)([gm])");
    private static final int METASPACE = 256;
    private static final int FRAMEWORK_OFF_HEAP = 128;

    /** Divides a process's memory, written as {@code 3g} or {@code 1728m}, if it is enough. */
    static PeerMemory of(String process) {
      Matcher size = SIZE.matcher(process);
      if (!size.matches()) {
        throw new IllegalArgumentException(
            "memory '" + process + "' cannot be read, write it as 3g or 1728m");
      }
      int total = Integer.parseInt(size.group(1)) * (size.group(2).equals("g") ? 1024 : 1);
      int overhead = Math.max(192, Math.min(1024, total / 10));
      int flink = total - overhead - METASPACE;
      int managed = flink * 4 / 10;
      int direct = Math.max(64, flink / 10) + FRAMEWORK_OFF_HEAP;
      int heap = flink - managed - direct;
      if (heap < FRAMEWORK_OFF_HEAP) {
        throw new IllegalArgumentException("memory " + process + " is too little, give 1g or more");
      }
      return new PeerMemory(heap, direct, METASPACE, managed);
    }

    /** For the JVM; the collector is the TaskManager's of the testbed. */
    List<String> jvmOptions() {
      return List.of(
          "-Xms" + heap + "m",
          "-Xmx" + heap + "m",
          "-XX:MaxDirectMemorySize=" + direct + "m",
          "-XX:MaxMetaspaceSize=" + metaspace + "m",
          "-XX:+UseParallelGC");
    }
  }
}
