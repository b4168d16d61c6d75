package io.turnstile.testbed.process;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.clients.FlinkRest;
import io.turnstile.testbed.ClusterSettings;
import io.turnstile.testbed.Distribution;
import io.turnstile.testbed.Ports;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedException;
import io.turnstile.testbed.TestbedProcess;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Stream;

/** A Flink session cluster: one JobManager and any number of TaskManagers. */
final class FlinkCluster {
  private static final String HOST = "127.0.0.1";

  /** In the names of options, too. */
  private static final String TASK_MANAGER = "taskmanager";

  /** Asking Flink costs a JVM start, and the answer depends on the memory configuration alone. */
  private static final Map<Map<String, String>, Memory> KNOWN_MEMORY = new ConcurrentHashMap<>();

  /** In the job's JAR: a spare TaskManager warms up. */
  private static final String WARM_UP = "io.turnstile.job.warmup.WarmUpReporterFactory";

  private static final String MEMORY_RESULT = "BASH_JAVA_UTILS_EXEC_RESULT:";

  /**
   * Settings that keep a Flink process to its configured memory.
   *
   * @param jvm options for the JVM
   * @param arguments for the main class
   */
  private record Memory(List<String> jvm, List<String> arguments) {}

  private final TestbedConfig config;
  private final Jvm jvm;
  private final Distribution distribution;
  private final Path directory;

  /** On the class path of TaskManagers; null for none. */
  private final Path jobJar;

  private final Path plugins;
  private final Path logs;
  private final Function<String, ManagedProcess> processes;
  private final Map<String, String> flinkConfig;
  private final FlinkRest rest;
  private final ManagedProcess jobManager;
  private final Ports ports;
  private final Map<String, URI> metrics = new ConcurrentHashMap<>();

  /**
   * @param processes makes a process of that name
   */
  FlinkCluster(
      TestbedConfig config,
      Jvm jvm,
      Ports ports,
      Path directory,
      Path logs,
      Function<String, ManagedProcess> processes) {
    this.config = config;
    this.jvm = jvm;
    this.distribution = Distribution.flink();
    this.directory = directory;
    this.jobJar =
        config.jobJar() == null
            ? null
            : KeptJar.of(config.jobJar(), distribution.directory().toAbsolutePath());
    this.plugins = plugins();
    this.logs = logs;
    this.processes = processes;
    this.ports = ports;
    int uiPort = ports.require("Flink's web UI", config.uiPort());
    this.flinkConfig = flinkConfig(uiPort, ports.free());
    this.rest = new FlinkRest(URI.create("http://" + HOST + ":" + uiPort));
    this.jobManager = processes.apply(TestbedProcess.JOB_MANAGER.toString());
    writeConfig(directory.resolve("conf"), flinkConfig);
  }

  FlinkRest rest() {
    return rest;
  }

  ManagedProcess jobManager() {
    return jobManager;
  }

  /**
   * The address at which a process answers Prometheus.
   *
   * @throws TestbedException if it was never started
   */
  URI metrics(TestbedProcess target) {
    URI uri = metrics.get(target.toString());
    if (uri == null) {
      throw new TestbedException(target + " has no metrics");
    }
    return uri;
  }

  private Map<String, String> flinkConfig(int uiPort, int rpcPort) {
    Map<String, String> flink = ClusterSettings.flink(config);
    flink.put("jobmanager.rpc.address", HOST);
    flink.put("jobmanager.rpc.port", Integer.toString(rpcPort));
    flink.put("jobmanager.bind-host", HOST);
    flink.put("rest.address", HOST);
    flink.put("rest.bind-address", HOST);
    flink.put("rest.port", Integer.toString(uiPort));
    flink.put("rest.bind-port", Integer.toString(uiPort));
    flink.put("web.upload.dir", directory.resolve("upload").toString());
    flink.put("taskmanager.host", HOST);
    flink.put("taskmanager.bind-host", HOST);
    flink.put("io.tmp.dirs", directory.resolve("tmp").toString());
    flink.put("execution.checkpointing.dir", storage("checkpoints"));
    flink.put("execution.checkpointing.savepoint-dir", storage("savepoints"));

    if (jobJar != null) {
      flink.put("classloader.resolve-order", "parent-first");
    }
    flink.putAll(config.flinkConfig());
    return flink;
  }

  private String storage(String name) {
    return config.checkpointScheme() + "://" + directory.resolve(name);
  }

  /** Flink looks for all of them in one directory. */
  private Path plugins() {
    if (config.flinkPlugins().isEmpty()) {
      return distribution.plugins();
    }
    Path all = directory.resolve("plugins");
    try (Stream<Path> usual = Files.list(distribution.plugins())) {
      Files.createDirectories(all);
      for (Path plugin : Stream.concat(usual, config.flinkPlugins().stream()).toList()) {
        Files.createSymbolicLink(all.resolve(plugin.getFileName()), plugin.toRealPath());
      }
      return all;
    } catch (IOException e) {
      throw new TestbedException("cannot collect Flink's plugins", e);
    }
  }

  private static void writeConfig(Path directory, Map<String, String> config) {
    ObjectMapper json = new ObjectMapper();
    List<String> lines = new ArrayList<>();
    try {
      for (Map.Entry<String, String> entry : config.entrySet()) {
        // A JSON string is a YAML string.
        lines.add(entry.getKey() + ": " + json.writeValueAsString(entry.getValue()));
      }
      Files.createDirectories(directory);
      Files.write(directory.resolve("config.yaml"), lines);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts the JobManager and waits until it answers. */
  void startJobManager() {
    launch(
        jobManager,
        "jobmanager",
        memory("GET_JM_RESOURCE_PARAMS", "jobmanager."),
        "org.apache.flink.runtime.entrypoint.StandaloneSessionClusterEntrypoint",
        List.of());
    jobManager.awaitReady(config.startTimeout(), rest::isUp);
  }

  /** Finds out the TaskManagers' memory, so that they start sooner. */
  void prepareTaskManagers() {
    memory("GET_TM_RESOURCE_PARAMS", "taskmanager.");
  }

  /** Starts a TaskManager; the JobManager must answer already, or it waits long to ask again. */
  ManagedProcess startTaskManager(TestbedProcess target) {
    ManagedProcess process = processes.apply(target.toString());
    launch(
        process,
        TASK_MANAGER,
        memory("GET_TM_RESOURCE_PARAMS", "taskmanager."),
        "org.apache.flink.runtime.taskexecutor.TaskManagerRunner",
        List.of("-D", "taskmanager.resource-id=" + target));
    return process;
  }

  /** Waits until the TaskManager has registered and then reported its slots. */
  void awaitRegistered(TestbedProcess target, ManagedProcess process) {
    process.awaitReady(config.startTimeout(), () -> rest.isRegistered(target.toString()));
  }

  private void launch(
      ManagedProcess process,
      String role,
      Memory memory,
      String mainClass,
      List<String> arguments) {
    List<String> options = new ArrayList<>(memory.jvm());
    options.add(Jvm.gcLog(logs, process.name()));
    // The web UI shows this file.
    options.add("-Dlog.file=" + logs.resolve(process.name() + ".log"));
    options.addAll(javaOptions("env.java.opts.all"));
    options.addAll(javaOptions("env.java.opts." + role));
    String classPath = classPath(role);
    ClassDataArchive classData = Jvm.classData(distribution, role, classPath);
    options.addAll(classData.useOrRecord());
    List<String> all = new ArrayList<>();
    all.add("--configDir");
    all.add(directory.resolve("conf").toString());
    all.addAll(memory.arguments());
    all.addAll(arguments);
    if (jobJar != null && role.equals(TASK_MANAGER)) {
      all.addAll(List.of("-D", "metrics.reporter.warm-up.factory.class=" + WARM_UP));
    }
    int metricsPort = ports.free();
    all.addAll(List.of("-D", "metrics.reporter.prom.port=" + metricsPort));
    metrics.put(process.name(), URI.create("http://" + HOST + ":" + metricsPort + "/metrics"));
    process.start(jvm.command(options, mainClass, all), environment(classPath));
    process.beforeClose(classData::record);
  }

  /** Flink leaves these to its shell scripts. */
  private List<String> javaOptions(String key) {
    return words(flinkConfig.getOrDefault(key, ""));
  }

  private static List<String> words(String text) {
    return Stream.of(text.strip().split("\\s+")).filter(word -> !word.isEmpty()).toList();
  }

  private String classPath(String role) {
    return jobJar != null && role.equals(TASK_MANAGER)
        ? distribution.classPath() + File.pathSeparator + jobJar
        : distribution.classPath();
  }

  private Map<String, String> environment(String classPath) {
    Map<String, String> environment = new HashMap<>(Jvm.environment(classPath));
    environment.put("FLINK_CONF_DIR", directory.resolve("conf").toString());
    environment.put("FLINK_PLUGINS_DIR", plugins.toString());
    environment.putAll(config.flinkEnvironment());
    return environment;
  }

  private Memory memory(String command, String prefix) {
    Map<String, String> relevant = new TreeMap<>(flinkConfig);
    // The answer also holds the number of slots, and would override the configuration's.
    relevant
        .keySet()
        .removeIf(
            key ->
                !key.startsWith(prefix + "memory.")
                    && !key.equals("taskmanager.numberOfTaskSlots")
                    && !key.equals("taskmanager.cpu.cores"));
    return KNOWN_MEMORY.computeIfAbsent(
        relevant, ignored -> askForMemory(command, prefix, relevant));
  }

  private Memory askForMemory(String command, String prefix, Map<String, String> relevant) {
    Path conf = directory.resolve(prefix + "memory");
    writeConfig(conf, relevant);
    ManagedProcess tool = processes.apply(prefix + "memory");
    List<String> options = new ArrayList<>(Jvm.SHORT_LIVED);
    String classPath = classPath(TASK_MANAGER);
    options.addAll(Jvm.classData(distribution, TASK_MANAGER, classPath).use());
    tool.run(
        jvm.command(
            options,
            "org.apache.flink.runtime.util.bash.BashJavaUtils",
            List.of(command, "--configDir", conf.toString())),
        environment(classPath),
        config.startTimeout());
    List<String> results =
        tool.log()
            .lines()
            .filter(line -> line.startsWith(MEMORY_RESULT))
            .map(line -> line.substring(MEMORY_RESULT.length()))
            .toList();
    if (results.size() != 2) {
      throw new TestbedException("no memory parameters from Flink" + tool.log().tail());
    }
    return new Memory(words(results.get(0)), words(results.get(1)));
  }
}
