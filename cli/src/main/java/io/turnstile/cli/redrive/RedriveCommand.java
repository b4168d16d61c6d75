package io.turnstile.cli.redrive;

import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.clients.DedupWindow;
import io.turnstile.clients.JsonFiles;
import io.turnstile.clients.KafkaOptions;
import io.turnstile.clients.OptionSources;
import io.turnstile.clients.Screen;
import io.turnstile.clients.SinceConverter;
import io.turnstile.clients.postgresql.PostgresqlOptions;
import io.turnstile.clients.postgresql.VerdictStore;
import io.turnstile.events.Outcome;
import io.turnstile.events.TopicNames;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Sends inputs anew that were dead-lettered, or rejected for a reason that may be gone. */
@Command(
    name = "redrive",
    description = {
      "Send inputs anew that were dead-lettered, or rejected for a reason that may be gone.",
      "",
      "Each goes to its partition of the transactions topic once more, as an input of its own,"
          + " with the header redrive-of that names the input it repeats. It is sent anew once,"
          + " however often the command is run or killed. What cannot pass is reported and not"
          + " sent, such as an expired token."
    },
    sortOptions = false)
public final class RedriveCommand implements Callable<Integer> {

  private static final Duration PLAIN_INTERVAL = Duration.ofSeconds(5);

  @Spec private CommandSpec spec;

  @Mixin private KafkaOptions kafka;

  @Mixin private PostgresqlOptions database;

  @Option(
      names = "--from",
      required = true,
      paramLabel = "dead-letter|rejected",
      description = "The verdicts whose inputs are sent anew.")
  private String from;

  @Option(
      names = "--reason",
      paramLabel = "REASON",
      split = ",",
      description =
          "Only verdicts with this reason or code; may be given several times. By default every"
              + " code of a dead letter, and the reasons of a rejection that are retryable."
              + " TOKEN_INVALID, UNKNOWN_PRODUCT, UNKNOWN_CUSTOMER and UNKNOWN_REFERENCE have to be named: once their"
              + " cause is gone.")
  private List<String> reasons = List.of();

  @Option(
      names = "--since",
      paramLabel = "TIME|DURATION",
      converter = SinceConverter.class,
      description =
          "Only verdicts written since then: 2026-01-31T12:00:00Z, or 90m for the last 90 minutes"
              + " (default: all).")
  private Instant since;

  @Option(
      names = "--dry-run",
      fallbackValue = OptionSources.ON,
      description = "Say what would be sent, and send nothing.")
  private boolean dryRun;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "100",
      description = "Most inputs to send in a second (default: ${DEFAULT-VALUE}).")
  private int rate;

  @Option(
      names = "--clock-skew",
      paramLabel = "DURATION",
      defaultValue = "30s",
      description = "The job's --clock-skew (default: ${DEFAULT-VALUE}).")
  private Duration clockSkew;

  @Option(
      names = "--dedup-window",
      paramLabel = "DURATION",
      defaultValue = DedupWindow.DEFAULT,
      description =
          "The job's --dedup-window (default: ${DEFAULT-VALUE}). A rejected input that is older is"
              + " not sent: its sender may have sent it again, and it would be accepted twice.")
  private Duration dedupWindow;

  @Option(
      names = "--allow-window-over",
      fallbackValue = OptionSources.ON,
      description = "Send rejected inputs that are older than the dedup window, at your own risk.")
  private boolean allowWindowOver;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      defaultValue = "1m",
      description = "How long to wait for Kafka (default: ${DEFAULT-VALUE}).")
  private Duration timeout;

  @Option(names = "--out", paramLabel = "FILE", description = "Write the result as JSON.")
  private Path out;

  @Override
  public Integer call() throws Exception {
    database.requireUsable(spec.commandLine());
    RedriveSelection selection = selection();
    RedriveReport report = new RedriveReport(dryRun);
    Map<String, Object> client = kafka.client(timeout);
    try (Admin admin = Admin.create(client)) {
      if (database.url() == null) {
        requireTopic(admin, topicOf(selection));
      }
      long maxBytes = maxBytes(admin, selection.transactions());
      String topicId = requireTopic(admin, selection.transactions());
      RedriveLog log = new RedriveLog(admin, kafka.topics());
      boolean logIsThere = log.isThere();
      reporting(
          report,
          spec.commandLine().getOut(),
          out,
          () -> {
            if (dryRun) {
              Set<String> redriven =
                  logIsThere ? redriven(log, selection, client, topicId) : new HashSet<>();
              Redrive.Target target = origin -> report.sent(origin.code());
              Redrive redrive = new Redrive(selection, redriven, target, maxBytes, report);
              run(redrive, selection, client, report);
            } else {
              if (!logIsThere) {
                log.create();
              }
              redrive(selection, client, log, topicId, maxBytes, report);
            }
          });
    } catch (ExecutionException e) {
      throw new CheckFailedException(
          "Kafka refuses or does not answer: " + (e.getCause() == null ? e : e.getCause()));
    }
    return 0;
  }

  /** What sends inputs anew. */
  interface Work {
    void run() throws ExecutionException, InterruptedException;
  }

  /**
   * Does the work and shows the report, also if it fails: what was committed until then is.
   *
   * @param out null for no file
   */
  static void reporting(RedriveReport report, PrintWriter stdout, Path out, Work work)
      throws IOException, ExecutionException, InterruptedException {
    try {
      work.run();
    } catch (ExecutionException | InterruptedException | RuntimeException e) {
      try {
        show(report, stdout, out);
      } catch (IOException notWritten) {
        e.addSuppressed(notWritten);
      }
      throw e;
    }
    show(report, stdout, out);
  }

  private static void show(RedriveReport report, PrintWriter stdout, Path out) throws IOException {
    stdout.print(report.toText());
    stdout.flush();
    if (out != null) {
      JsonFiles.write(out, report.json());
    }
  }

  private RedriveSelection selection() {
    if (rate < 1) {
      throw usage("--rate must be at least 1");
    }
    try {
      Outcome outcome = Outcome.ofHeaderValue(from);
      if (outcome == Outcome.ACCEPTED) {
        throw new IllegalArgumentException("--from is dead-letter or rejected");
      }
      return new RedriveSelection(
          kafka.topics().transactions(),
          outcome,
          RedriveSelection.codes(outcome, reasons),
          since,
          clockSkew,
          allowWindowOver ? null : dedupWindow);
    } catch (IllegalArgumentException e) {
      throw usage(e.getMessage());
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }

  private String topicOf(RedriveSelection selection) {
    return kafka.topics().verdict(selection.from());
  }

  /** Returns the topic's id. */
  private static String requireTopic(Admin admin, String topic)
      throws ExecutionException, InterruptedException {
    try {
      return admin
          .describeTopics(List.of(topic))
          .allTopicNames()
          .get()
          .get(topic)
          .topicId()
          .toString();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        throw missing(topic);
      }
      throw e;
    }
  }

  private static long maxBytes(Admin admin, String topic)
      throws ExecutionException, InterruptedException {
    return TopicConfigs.setting(admin, topic, TopicConfig.MAX_MESSAGE_BYTES_CONFIG)
        .map(Long::parseLong)
        .orElseThrow(() -> missing(topic));
  }

  private static CheckFailedException missing(String topic) {
    return new CheckFailedException(
        "topic " + topic + " does not exist: check the bootstrap servers and the topic prefix");
  }

  private void redrive(
      RedriveSelection selection,
      Map<String, Object> client,
      RedriveLog log,
      String topicId,
      long maxBytes,
      RedriveReport report)
      throws ExecutionException, InterruptedException {
    TopicNames topics = kafka.topics();
    try (RedriveProducer producer =
        RedriveProducer.connect(
            client, topics, topicId, rate, timeout, origin -> report.sent(origin.code()))) {
      // In this order: what another run has committed by then is in the log, and it commits no
      // more.
      producer.takeOver();
      Set<String> redriven = redriven(log, selection, client, topicId);
      Redrive redrive = new Redrive(selection, redriven, producer::send, maxBytes, report);
      run(redrive, selection, client, report);
      producer.commit();
    }
  }

  /**
   * A rejected input is in the topic of today, or it is gone. A dead letter may be about a topic
   * that is deleted: all records count, so that it is not sent anew twice.
   */
  private Set<String> redriven(
      RedriveLog log, RedriveSelection selection, Map<String, Object> client, String topicId)
      throws ExecutionException, InterruptedException {
    return log.read(
        CommittedVerdicts.consumer(reading(client)),
        selection.from() == Outcome.REJECTED ? topicId : null,
        timeout);
  }

  private void run(
      Redrive redrive, RedriveSelection selection, Map<String, Object> client, RedriveReport report)
      throws InterruptedException {
    Screen screen =
        new Screen(
            spec.commandLine().getErr(), Boolean.getBoolean("turnstile.terminal"), PLAIN_INTERVAL);
    try (SourceInputs inputs =
            new SourceInputs(CommittedVerdicts.consumer(reading(client)), timeout);
        CommittedVerdicts<byte[]> verdicts =
            VerdictStore.reader(
                database.sourceIfGiven(),
                reading(client),
                kafka.topics(),
                List.of(topicOf(selection)))) {
      redrive.run(
          verdicts,
          inputs,
          timeout,
          () -> screen.live(List.of(report.progress()), "redrive: " + report.progress()));
    }
    screen.settle();
  }

  private static Map<String, Object> reading(Map<String, Object> client) {
    Map<String, Object> config = new HashMap<>(client);
    config.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    config.remove(ConsumerConfig.GROUP_ID_CONFIG);
    return config;
  }
}
