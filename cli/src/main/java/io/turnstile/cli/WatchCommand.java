package io.turnstile.cli;

import io.turnstile.clients.FlinkOptions;
import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.JsonFiles;
import io.turnstile.clients.KafkaOptions;
import io.turnstile.clients.Screen;
import io.turnstile.clients.TokenClaimOptions;
import io.turnstile.clients.TokenSigner;
import io.turnstile.clients.postgresql.PostgresqlOptions;
import io.turnstile.clients.postgresql.PostgresqlSource;
import io.turnstile.feeds.FeedHealth;
import io.turnstile.feeds.FeedsTopicOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Shows the health of a live deployment, again and again. */
@Command(
    name = "watch",
    description = {
      "Show how a live deployment is: the job, what is unread, verdicts by reason, latency.",
      "",
      "Transactions read and verdicts are records, counted by the job's tasks; what is unread is"
          + " a difference of offsets, which senders' transactions have more of than records.",
      "",
      "Ends with 1 if something was wrong at any look. With --signing-key it also sends"
          + " transactions of its own: of customer and product '"
          + Canary.ID
          + "', quantity 0, amount 0, currency XXX."
    })
final class WatchCommand implements Callable<Integer> {

  /** Looks that the file holds: more than a day of them every 10 s. */
  static final int MAX_LOOKS = 10_000;

  private record Report(boolean healthy, Collection<Health.Json> looks) {}

  @Spec private CommandSpec spec;

  @Mixin private KafkaOptions kafka;

  @Mixin private FeedsTopicOption feedsTopic;

  @Mixin private PostgresqlOptions database;

  @Mixin private FlinkOptions flinkOptions;

  @Option(
      names = "--signing-key",
      paramLabel = "FILE",
      description =
          "Private JWK to sign tokens with: measures the latency of a transaction with each look;"
              + " without it nothing is sent.")
  private Path signingKey;

  @Mixin private TokenClaimOptions tokenClaims;

  @Option(
      names = "--interval",
      paramLabel = "DURATION",
      defaultValue = "10s",
      description = "Time between two looks (default: ${DEFAULT-VALUE}).")
  private Duration interval;

  @Option(
      names = "--duration",
      paramLabel = "DURATION",
      description = "When to end; without it, with Ctrl-C.")
  private Duration duration;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      defaultValue = "10s",
      description = "How long Kafka or a verdict may take (default: ${DEFAULT-VALUE}).")
  private Duration timeout;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description =
          "Write the looks as JSON, anew with each; the newest " + MAX_LOOKS + " of them.")
  private Path out;

  @Override
  public Integer call() throws Exception {
    database.requireUsable(spec.commandLine());
    FlinkRest flink = flinkOptions.connect(spec.commandLine());
    if (interval.isZero()) {
      throw new ParameterException(spec.commandLine(), "--interval must be above 0");
    }
    TokenSigner tokens =
        signingKey == null ? null : Canary.signer(signingKey, tokenClaims.claims());
    Map<String, Object> client = kafka.client(timeout);
    PostgresqlSource source = database.sourceIfGiven();
    try (Admin admin = Admin.create(client);
        Canary canary =
            tokens == null
                ? null
                : Canary.connect(client, kafka.topics(), source, tokens, timeout)) {
      String transactions = kafka.topics().transactions();
      PostgresqlSource limited = source == null ? null : source.limited(timeout, timeout);
      return watch(
          new HealthProbe(
              flink,
              flinkOptions,
              admin,
              transactions,
              () -> FeedHealth.read(client, feedsTopic.name(kafka), timeout),
              limited,
              canary));
    }
  }

  private int watch(HealthProbe probe) throws Exception {
    Screen screen = Screen.of(spec.commandLine().getOut());
    boolean healthy = true;
    Deque<Health.Json> looks = new ArrayDeque<>();
    long start = System.nanoTime();
    for (long i = 0; ; i++) {
      Health health = probe.look();
      screen.live(HealthTable.block(health), HealthTable.line(health));
      healthy &= health.isWell();
      if (out != null) {
        looks.add(health.json());
        if (looks.size() > MAX_LOOKS) {
          looks.remove();
        }
        JsonFiles.write(out, new Report(healthy, looks));
      }
      Duration elapsed = Duration.ofNanos(System.nanoTime() - start);
      Duration next = interval.multipliedBy(i + 1);
      if (duration != null && next.compareTo(duration) > 0) {
        screen.settle();
        return healthy ? 0 : 1;
      }
      Thread.sleep(Math.max(0, next.minus(elapsed).toMillis()));
    }
  }
}
