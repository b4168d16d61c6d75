package io.turnstile.testbed.process;

import io.turnstile.clients.FlinkRest;
import io.turnstile.testbed.DatabaseServer;
import io.turnstile.testbed.JavaApplication;
import io.turnstile.testbed.KeyServer;
import io.turnstile.testbed.LogFile;
import io.turnstile.testbed.Ports;
import io.turnstile.testbed.ProcessRegistry;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedException;
import io.turnstile.testbed.TestbedLifecycle;
import io.turnstile.testbed.TestbedProcess;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@link Testbed} of local processes: the broker, the JobManager and every TaskManager are JVMs
 * of their own.
 *
 * <p>All their files lie in one new directory. They end with {@link #close}, with this JVM, and
 * also when this JVM is killed; then the directory stays.
 */
public final class ProcessTestbed implements Testbed {
  private static final Logger LOG = LoggerFactory.getLogger(ProcessTestbed.class);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);

  private final TestbedConfig config;
  private final Queue<ManagedProcess> all = new ConcurrentLinkedQueue<>();
  private final ProcessRegistry<ManagedProcess> targets =
      new ProcessRegistry<>(ManagedProcess::isAlive);
  private final AtomicInteger applicationsStarted = new AtomicInteger();
  private final TestbedLifecycle lifecycle;
  private final Jvm jvm;
  private final KafkaBroker kafka;
  private final FlinkCluster flink;
  private final AtomicReference<KeyServer> keyServer = new AtomicReference<>();
  private final AtomicReference<PostgresqlServer> postgresql = new AtomicReference<>();

  /** Makes the directory and chooses the ports; starts nothing yet. */
  public ProcessTestbed(TestbedConfig config) {
    this.config = config;
    lifecycle = new TestbedLifecycle(config.baseDirectory(), this::endProcesses);
    Path directory = lifecycle.directory();
    jvm = new Jvm(directory);
    Ports ports = new Ports();
    try {
      kafka =
          new KafkaBroker(
              config,
              jvm,
              ports,
              directory.resolve("kafka"),
              logs(),
              newTarget(TestbedProcess.BROKER));
      flink =
          config.flink()
              ? new FlinkCluster(
                  config, jvm, ports, directory.resolve("flink"), logs(), this::newProcess)
              : null;
    } catch (RuntimeException e) {
      close();
      throw e;
    }
    if (flink != null) {
      targets.put(TestbedProcess.JOB_MANAGER, flink.jobManager());
    }
  }

  private ManagedProcess newTarget(TestbedProcess target) {
    return targets.put(target, newProcess(target.toString()));
  }

  private ManagedProcess newProcess(String name) {
    ManagedProcess process = new ManagedProcess(name, new LogFile(logs().resolve(name + ".log")));
    all.add(process);
    if (lifecycle.isClosed()) {
      process.close();
    }
    return process;
  }

  @Override
  public void start() {
    lifecycle.start(this::startProcesses);
  }

  private void startProcesses() {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      List<CompletableFuture<Void>> parts = new ArrayList<>();
      parts.add(
          CompletableFuture.runAsync(
              () -> {
                kafka.format(newProcess("kafka-storage"));
                kafka.start();
              },
              threads));
      if (config.journalLanes() > 0) {
        parts.add(CompletableFuture.runAsync(this::startPostgresql, threads));
      }
      if (flink != null) {
        parts.add(
            CompletableFuture.runAsync(flink::startJobManager, threads)
                .runAfterBoth(
                    CompletableFuture.runAsync(flink::prepareTaskManagers, threads),
                    () -> startTaskManagers(config.taskManagers())));
      }
      CompletableFuture.allOf(
              parts.stream()
                  .map(part -> part.whenComplete((done, thrown) -> endOnFailure(thrown, failure)))
                  .toArray(CompletableFuture[]::new))
          .exceptionally(thrown -> null)
          .join();
    } finally {
      threads.shutdownNow();
    }
    if (failure.get() != null) {
      // What was about to start when the rest ended has started by now.
      endProcesses();
      throw failure.get() instanceof CompletionException wrapped
          ? wrapped
          : new CompletionException(failure.get());
    }
  }

  private void startPostgresql() {
    PostgresqlServer started =
        PostgresqlServer.startBeside(
            lifecycle.directory().resolve("postgresql"),
            logs().resolve("postgresql.log"),
            config.journalLanes());
    postgresql.set(started);
    if (lifecycle.isClosed()) {
      endPostgresql();
    }
  }

  private void endPostgresql() {
    PostgresqlServer database = postgresql.getAndSet(null);
    if (database != null) {
      end("PostgreSQL", database::close);
    }
  }

  /** The first failure counts: ending the rest makes more of them. */
  private void endOnFailure(Throwable thrown, AtomicReference<Throwable> failure) {
    if (thrown != null && failure.compareAndSet(null, thrown)) {
      endProcesses();
    }
  }

  private List<TestbedProcess> startTaskManagers(int count) {
    List<TestbedProcess> started = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      TestbedProcess target = targets.newTaskManager();
      targets.put(target, requireFlink().startTaskManager(target));
      started.add(target);
    }
    started.forEach(target -> requireFlink().awaitRegistered(target, targets.get(target)));
    return started;
  }

  @Override
  public void close() {
    lifecycle.close();
  }

  private void endProcesses() {
    KeyServer keys = keyServer.getAndSet(null);
    if (keys != null) {
      end("the key server", keys::close);
    }
    endPostgresql();
    for (ManagedProcess process : all) {
      end(process.name(), process::close);
    }
  }

  private static void end(String name, Runnable close) {
    try {
      close.run();
    } catch (RuntimeException e) {
      // The others must end all the same.
      LOG.error("Could not end {}", name, e);
    }
  }

  @Override
  public String bootstrapServers() {
    return kafka.bootstrapServers();
  }

  @Override
  public String bootstrapServersForJobs() {
    return bootstrapServers();
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

  private FlinkCluster requireFlink() {
    if (flink == null) {
      throw new TestbedException("this testbed has no Flink");
    }
    return flink;
  }

  @Override
  public DatabaseServer database() {
    PostgresqlServer database = postgresql.get();
    if (database == null) {
      throw new TestbedException("this testbed has no PostgreSQL");
    }
    return database;
  }

  @Override
  public URI serveKeys(Path jwks) {
    KeyServer started = new KeyServer(jwks);
    keyServer.set(started);
    return started.uri();
  }

  @Override
  public void pauseKeyServer() {
    requireKeyServer().pause();
  }

  @Override
  public void resumeKeyServer() {
    requireKeyServer().resume();
  }

  private KeyServer requireKeyServer() {
    KeyServer keys = keyServer.get();
    if (keys == null) {
      throw new TestbedException("no keys are served");
    }
    return keys;
  }

  @Override
  public List<TestbedProcess> taskManagers() {
    return targets.taskManagers();
  }

  @Override
  public TestbedProcess startTaskManager() {
    return startTaskManagers(1).get(0);
  }

  @Override
  public TestbedProcess startApplication(JavaApplication application) {
    TestbedProcess target = TestbedProcess.application(applicationsStarted.incrementAndGet());
    ManagedProcess process = newTarget(target);
    List<String> options = new ArrayList<>(application.jvmOptions());
    options.add(Jvm.gcLog(logs(), process.name()));
    process.start(
        jvm.command(options, application.mainClass(), application.arguments()),
        Jvm.environment(application.classPath()));
    return target;
  }

  @Override
  public void start(TestbedProcess target) {
    switch (target.role()) {
      case BROKER -> kafka.start();
      case JOB_MANAGER -> requireFlink().startJobManager();
      case TASK_MANAGER ->
          throw new TestbedException("a TaskManager does not start again: use startTaskManager");
      case APPLICATION -> throw new TestbedException("an application does not start again");
      case ZOOKEEPER -> throw new TestbedException("this testbed has no " + target);
    }
  }

  @Override
  public void stop(TestbedProcess target) {
    targets.get(target).stop(STOP_TIMEOUT);
  }

  @Override
  public void kill(TestbedProcess target) {
    ManagedProcess process = targets.get(target);
    process.requireAlive();
    process.kill();
  }

  @Override
  public void pause(TestbedProcess target) {
    targets.get(target).pause();
  }

  @Override
  public void resume(TestbedProcess target) {
    targets.get(target).resume();
  }

  @Override
  public boolean isAlive(TestbedProcess target) {
    return targets.get(target).isAlive();
  }

  @Override
  public long pid(TestbedProcess target) {
    return targets.get(target).pid();
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
