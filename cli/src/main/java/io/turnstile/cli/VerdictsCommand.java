package io.turnstile.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.util.RawValue;
import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.clients.KafkaOptions;
import io.turnstile.clients.OptionSources;
import io.turnstile.clients.SinceConverter;
import io.turnstile.clients.VerdictCode;
import io.turnstile.clients.postgresql.PostgresqlOptions;
import io.turnstile.clients.postgresql.VerdictStore;
import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.VerdictHeaders;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Prints committed verdicts. */
@Command(
    name = "verdicts",
    description = {
      "Print committed verdicts, each as a line of JSON: its code, the position of its input, and the"
          + " verdict itself; of a dead letter the reason, not its bytes.",
      "",
      "Those of a lane and outcome come in their order. Reads without a consumer group, and changes nothing."
    })
final class VerdictsCommand implements Callable<Integer> {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration RECENT = Duration.ofMinutes(10);
  private static final Duration POLL = Duration.ofMillis(200);

  @Spec private CommandSpec spec;

  @Mixin private KafkaOptions kafka;

  @Mixin private PostgresqlOptions database;

  @Option(
      names = "--since",
      paramLabel = "TIME|DURATION",
      converter = SinceConverter.class,
      description =
          "From there on: a time such as 2026-01-31T12:00:00Z, or so long ago (default: 10m).")
  private Instant since;

  @Option(
      names = "--code",
      paramLabel = "CODE,…",
      split = ",",
      description =
          "Only these: ACCEPTED, a reason such as DUPLICATE_ID, the code of a dead letter.")
  private Set<String> codes = Set.of();

  @Option(names = "--count", paramLabel = "N", description = "End after so many.")
  private long count = Long.MAX_VALUE;

  @Option(
      names = "--follow",
      fallbackValue = OptionSources.ON,
      description = "Go on with what is committed later, until Ctrl-C or --count.")
  private boolean follow;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      defaultValue = "30s",
      description = "How long Kafka or the database may take (default: ${DEFAULT-VALUE}).")
  private Duration timeout;

  private long printed;

  @Override
  public Integer call() throws IOException {
    if (count < 1) {
      throw new ParameterException(spec.commandLine(), "--count must be at least 1");
    }
    database.requireUsable(spec.commandLine());
    try (CommittedVerdicts<byte[]> verdicts =
        VerdictStore.reader(
            database.sourceIfGiven(),
            kafka.client(timeout),
            kafka.topics(),
            kafka.topics().verdicts())) {
      verdicts.seekToTime(since == null ? Instant.now().minus(RECENT) : since);
      if (follow) {
        // Until whoever reads what is printed has gone, too.
        while (printed < count && !spec.commandLine().getOut().checkError()) {
          verdicts.poll(POLL).forEach(this::print);
        }
      } else {
        verdicts.readToEnd(timeout, batch -> batch.forEach(this::print));
      }
    }
    spec.commandLine().getOut().flush();
    return spec.exitCodeOnSuccess();
  }

  private void print(ConsumerRecord<byte[], byte[]> verdict) {
    if (printed >= count) {
      return;
    }
    String code = VerdictCode.of(verdict.headers(), verdict::value);
    if (!codes.isEmpty() && !codes.contains(code)) {
      return;
    }
    printed++;
    PrintWriter out = spec.commandLine().getOut();
    out.println(line(code, verdict));
  }

  static String line(String code, ConsumerRecord<byte[], byte[]> verdict) {
    SourcePosition source = VerdictHeaders.position(verdict.headers());
    ObjectNode line =
        JSON.createObjectNode()
            .put("code", code)
            .put("source_topic", source.topic())
            .put("source_partition", source.partition())
            .put("source_offset", source.offset());
    String outcome = VerdictHeaders.required(verdict.headers(), VerdictHeaders.OUTCOME);
    if (Outcome.ofHeaderValue(outcome) == Outcome.DEAD_LETTER) {
      line.put("message", VerdictHeaders.optional(verdict.headers(), VerdictHeaders.ERROR_MESSAGE));
    } else {
      line.putRawValue(
          "verdict", new RawValue(new String(verdict.value(), StandardCharsets.UTF_8)));
    }
    return line.toString();
  }
}
