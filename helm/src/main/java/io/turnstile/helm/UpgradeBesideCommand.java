package io.turnstile.helm;

import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.DurationConverter;
import io.turnstile.clients.FlinkOptions;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.Generation;
import io.turnstile.clients.KafkaOptions;
import io.turnstile.clients.OwnersTopic;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * Runs an {@link UpgradeBeside} in a pod, with its service account. Exit codes: 0 success, 1 the
 * new job has not taken over, 2 something that another attempt may not meet.
 */
@Command(name = "upgrade-beside", description = "Wait for the job of a new revision of the chart.")
public final class UpgradeBesideCommand implements Callable<Integer> {

  private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(30);

  /** Longer than a JobManager takes to come back. */
  private static final Duration SAVEPOINT = Duration.ofMinutes(2);

  private static final Duration INTERVAL = Duration.ofSeconds(2);

  @Mixin private KafkaOptions kafka;

  @Option(names = "--remove", description = "Only remove all clusters.")
  private boolean remove;

  @Option(names = "--namespace", required = true)
  private String namespace;

  @Option(names = "--instance", required = true)
  private String instance;

  @Option(names = "--release", required = true)
  private String release;

  @Option(names = "--cluster", required = true)
  private String cluster;

  @Option(names = "--job", required = true)
  private String job;

  @Option(names = "--previous-job", required = true)
  private String previousJob;

  @Option(names = "--lanes", required = true)
  private int lanes;

  @Option(names = "--task-managers", required = true)
  private int taskManagers;

  @Option(names = "--from")
  private String from;

  @Option(names = "--suspended")
  private boolean suspended;

  @Option(names = "--checkpoints", required = true)
  private String checkpoints;

  @Option(names = "--high-availability", required = true)
  private String highAvailability;

  @Option(names = "--timeout", required = true)
  private Duration timeout;

  @Option(names = "--room", required = true)
  private Duration room;

  public static void main(String[] args) {
    CommandLine commandLine = new CommandLine(new UpgradeBesideCommand());
    commandLine.registerConverter(Duration.class, new DurationConverter());
    commandLine.setExecutionExceptionHandler(
        (e, command, result) -> {
          System.err.println("upgrade-beside: " + e.getMessage());
          return e instanceof CheckFailedException ? 1 : 2;
        });
    System.exit(commandLine.execute(args));
  }

  @Override
  public Integer call() throws Exception {
    StoredPlans.initializeFileSystems();
    Clusters clusters =
        new Clusters(KubernetesApi.inPod(System.getenv()), namespace, instance, release, INTERVAL);
    Map<String, UpgradeBeside.Flink> flinks = new HashMap<>();
    try (Owners owners = new Owners(kafka.client(), kafka.topics().owners())) {
      UpgradeBeside upgrade =
          new UpgradeBeside(
              new UpgradeBeside.Target(
                  release,
                  cluster,
                  job,
                  lanes,
                  taskManagers,
                  previousJob,
                  Optional.ofNullable(from),
                  suspended),
              clusters,
              new ClusterFiles(namespace, checkpoints, highAvailability),
              owners,
              of -> flinks.computeIfAbsent(of, this::flink),
              new UpgradeBeside.Limits(timeout, SAVEPOINT, room, INTERVAL),
              System.out::println);
      if (remove) {
        upgrade.removeAll();
      } else {
        upgrade.run();
      }
    }
    return 0;
  }

  /** The owners in Kafka, which need not be there before they are read. */
  private static final class Owners implements Supplier<Map<Integer, Generation>>, AutoCloseable {
    private final Map<String, Object> client;
    private final String topic;
    private OwnersTopic.Reader reader;

    Owners(Map<String, Object> client, String topic) {
      this.client = client;
      this.topic = topic;
    }

    @Override
    public Map<Integer, Generation> get() {
      if (reader == null) {
        reader = new OwnersTopic.Reader(client, topic);
      }
      return reader.read(ANSWER_TIMEOUT);
    }

    @Override
    public void close() {
      if (reader != null) {
        reader.close();
      }
    }
  }

  private UpgradeBeside.Flink flink(String cluster) {
    FlinkRest flink = new FlinkRest(URI.create("http://" + cluster + "-jobmanager:8081"));
    return new UpgradeBeside.Flink() {
      @Override
      public Set<String> running() {
        return flink.jobs().stream()
            .filter(job -> !job.isTerminal())
            .map(FlinkRest.Job::id)
            .collect(Collectors.toSet());
      }

      @Override
      public Optional<String> end(String job) {
        return Optional.of(flink.job(job))
            .filter(FlinkRest.Job::isTerminal)
            .map(ended -> ended.state() + FlinkOptions.cause(flink, ended));
      }

      @Override
      public String savepoint(String job) {
        return flink.nativeSavepoint(job, timeout);
      }
    };
  }
}
