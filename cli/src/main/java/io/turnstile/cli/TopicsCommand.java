package io.turnstile.cli;

import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.ClusterProblem;
import io.turnstile.clients.KafkaOptions;
import io.turnstile.clients.OptionSources;
import io.turnstile.clients.ReferenceOptions;
import io.turnstile.clients.ReferenceSpec;
import io.turnstile.clients.Topics;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Makes the topics of a deployment. Running it again changes nothing. */
@Command(
    name = "topics",
    description =
        "Create the topics that are missing, and say how those that exist differ from what the job"
            + " needs (exit code 1).")
final class TopicsCommand implements Callable<Integer> {

  private static final Map<String, String> NONE = Map.of();

  @Spec private CommandSpec spec;

  @Mixin private KafkaOptions kafka;

  @Mixin private ReferenceOptions references;

  @Option(
      names = "--lanes",
      paramLabel = "N",
      defaultValue = "4",
      description =
          "Partitions of each verdict topic, the same as the job's --lanes (default:"
              + " ${DEFAULT-VALUE}).")
  private int lanes;

  @Option(
      names = "--input-partitions",
      paramLabel = "N",
      description = "Partitions of each input topic (default: as many as lanes).")
  private Integer inputPartitions;

  @Option(
      names = "--replication-factor",
      paramLabel = "N",
      defaultValue = "-1",
      description =
          "Of the topics created; -1 for the brokers' default (default: ${DEFAULT-VALUE}).")
  private short replicationFactor;

  @Option(
      names = "--input-config",
      paramLabel = "NAME=VALUE",
      description = "Further setting of input topics that are created; may be given several times.")
  private Map<String, String> inputConfig = NONE;

  @Option(
      names = "--verdict-config",
      paramLabel = "NAME=VALUE",
      description =
          "Further setting of verdict topics that are created; may be given several times.")
  private Map<String, String> verdictConfig = NONE;

  @Option(
      names = "--trust-producer-time",
      fallbackValue = OptionSources.ON,
      description = "Let input records bear the time that their producer gave them.")
  private boolean trustProducerTime;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      defaultValue = "1m",
      description = "How long to wait for Kafka (default: ${DEFAULT-VALUE}).")
  private Duration timeout;

  @Override
  public Integer call() throws Exception {
    requirePositive("--lanes", lanes);
    if (inputPartitions != null) {
      requirePositive("--input-partitions", inputPartitions);
    }
    Topics topics =
        new Topics(kafka.topics(), inputPartitions == null ? lanes : inputPartitions, lanes)
            .withReferences(referenceTopics())
            .creatingWith(inputConfig, verdictConfig);
    if (trustProducerTime) {
      topics = topics.trustingProducerTime();
    }
    List<String> problems;
    Map<String, Object> client = kafka.client(timeout);
    try (Admin admin = ResolvedBrokers.await(timeout, () -> Admin.create(client))) {
      topics.create(admin, replicationFactor);
      problems = topics.problems(admin).stream().map(ClusterProblem::text).toList();
    } catch (ExecutionException e) {
      throw new CheckFailedException("Kafka refuses or does not answer: " + cause(e));
    }
    PrintWriter out = spec.commandLine().getOut();
    if (problems.isEmpty()) {
      out.println("all topics are as the job needs them, " + lanes + " lanes");
      return 0;
    }
    throw new CheckFailedException(String.join("; ", problems));
  }

  private List<String> referenceTopics() {
    try {
      return references.references(kafka).stream().map(ReferenceSpec::topic).toList();
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage());
    }
  }

  private void requirePositive(String option, int value) {
    if (value < 1) {
      throw new ParameterException(spec.commandLine(), option + " must be at least 1");
    }
  }

  private static String cause(ExecutionException e) {
    return OneLine.of(e.getCause() == null ? e : e.getCause());
  }
}
