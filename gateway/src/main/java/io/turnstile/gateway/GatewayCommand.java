package io.turnstile.gateway;

import static io.turnstile.gateway.HttpOptions.requirePositive;

import io.turnstile.clients.CarriedFieldOptions;
import io.turnstile.clients.KafkaOptions;
import io.turnstile.clients.postgresql.PostgresqlOptions;
import io.turnstile.clients.postgresql.PostgresqlSource;
import io.turnstile.clients.postgresql.VerdictStore;
import io.turnstile.decision.token.TokenCheckOptions;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.events.TopicNames;
import io.turnstile.events.TransactionCodec;
import io.turnstile.gateway.http.HttpSettings;
import io.turnstile.gateway.stream.CommittedVerdictFeed;
import io.turnstile.gateway.stream.KafkaAppender;
import io.turnstile.gateway.stream.KafkaPastVerdicts;
import io.turnstile.gateway.webhook.WebhookSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** HTTP in front of a deployment's topics, until the process is ended. */
@Command(
    name = "gateway",
    description =
        "Answer HTTP: a transaction in, its committed verdict out; signed webhooks for products and"
            + " customers. Runs until it is ended (SIGTERM, Ctrl-C).")
public final class GatewayCommand implements Callable<Integer> {

  /** Of a webhook: a shorter one can be guessed. */
  private static final int LEAST_SECRET = 32;

  /** A record can be twice as long as in its webhook: that leaves half to transactions. */
  private static final int WEBHOOK_BYTES = KafkaAppender.BUFFER_BYTES / 4;

  private static final Duration MAX_SEND_TIMEOUT = Duration.ofMinutes(1);

  @Spec private CommandSpec spec;

  @Mixin private KafkaOptions kafka;

  @Mixin private PostgresqlOptions database;

  @Mixin private HttpOptions http;

  /** The job's: to be given the same values. */
  @Mixin private TokenCheckOptions tokens;

  @Option(
      names = "--token-cache-size",
      paramLabel = "N",
      defaultValue = "20000",
      description = "Verified tokens kept, per event loop (default: ${DEFAULT-VALUE}).")
  private int tokenCacheSize;

  @Mixin private CarriedFieldOptions carried;

  @Option(
      names = "--send-timeout",
      paramLabel = "DURATION",
      defaultValue = "5s",
      description =
          "When a send to Kafka counts as failed, which is answered 503; less than"
              + " --answer-timeout (default: ${DEFAULT-VALUE}).")
  private Duration sendTimeout;

  @Option(
      names = "--max-body-bytes",
      paramLabel = "N",
      defaultValue = "65536",
      description = "Body of a transaction; a longer one is 413 (default: ${DEFAULT-VALUE}).")
  private int maxBodyBytes;

  @Option(
      names = "--customer-rate",
      paramLabel = "N",
      defaultValue = "100",
      description =
          "Requests of one customer in a second, in the long run; more are 429"
              + " (default: ${DEFAULT-VALUE}).")
  private int customerRate;

  @Option(
      names = "--customer-burst",
      paramLabel = "N",
      defaultValue = "200",
      description = "Requests of one customer at once (default: ${DEFAULT-VALUE}).")
  private int customerBurst;

  @Option(
      names = "--customer-in-flight",
      paramLabel = "N",
      defaultValue = "400",
      description =
          "Requests of one customer that wait at a time; more are 429 (default: ${DEFAULT-VALUE}).")
  private int customerInFlight;

  @Option(
      names = "--unproven-rate",
      paramLabel = "N",
      defaultValue = "100",
      description =
          "Requests in a second of all whose token proves no customer, and look-ups of verdicts"
              + " (default: ${DEFAULT-VALUE}).")
  private int unprovenRate;

  @Option(
      names = "--webhook-secrets",
      paramLabel = "FILE",
      description =
          "Secrets that sign webhooks, one a line, any of which is taken; without it there are no"
              + " webhooks.")
  private Path webhookSecrets;

  @Option(
      names = "--webhook-window",
      paramLabel = "DURATION",
      defaultValue = "5min",
      description =
          "By how much the time of a webhook's signature may be off (default: ${DEFAULT-VALUE}).")
  private Duration webhookWindow;

  @Option(
      names = "--max-batch-bytes",
      paramLabel = "N",
      defaultValue = "1048576",
      description = "Body of a webhook; a longer one is 413 (default: ${DEFAULT-VALUE}).")
  private int maxBatchBytes;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      defaultValue = "1m",
      description = "How long to wait for Kafka at the start (default: ${DEFAULT-VALUE}).")
  private Duration timeout;

  @Override
  public Integer call() throws Exception {
    database.requireUsable(spec.commandLine());
    GatewaySettings settings = settings();
    TopicNames topics = settings.topics();
    Map<String, Object> client = kafka.client();
    PostgresqlSource source = database.sourceIfGiven();
    List<String> written = new ArrayList<>(List.of(topics.transactions()));
    if (!settings.webhooks().secrets().isEmpty()) {
      written.addAll(List.of(topics.inventory(), topics.customers()));
    }
    KafkaAppender appender = KafkaAppender.connect(client, written, sendTimeout, timeout);
    CommittedVerdictFeed feed =
        new CommittedVerdictFeed(
            () -> VerdictStore.reader(source, client, topics, topics.verdicts()));
    KafkaPastVerdicts past = new KafkaPastVerdicts(client, topics, source);
    Gateway gateway;
    try {
      gateway = Gateway.start(settings, appender, feed, past, Clock.systemUTC());
    } catch (IOException | RuntimeException e) {
      feed.close();
      past.close();
      appender.close();
      throw e;
    }
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  gateway.close();
                  feed.close();
                  past.close();
                  appender.close();
                },
                "gateway-stop"));
    spec.commandLine()
        .getOut()
        .printf(
            "listening at %s://%s:%d%n",
            settings.http().tls() == null ? "http" : "https",
            settings.http().host(),
            gateway.port());
    spec.commandLine().getOut().flush();
    new CountDownLatch(1).await();
    return 0;
  }

  private GatewaySettings settings() throws IOException {
    try {
      HttpSettings server = http.settings();
      tokens.validate();
      requirePositive("--send-timeout", sendTimeout.toMillis() / 2);
      requirePositive("--max-body-bytes", maxBodyBytes);
      requirePositive("--max-batch-bytes", maxBatchBytes);
      require(
          maxBatchBytes <= WEBHOOK_BYTES,
          "--max-batch-bytes must not be more than %d, which all webhooks in flight share"
              .formatted(WEBHOOK_BYTES));
      requirePositive("--customer-rate", customerRate);
      requirePositive("--customer-burst", customerBurst);
      requirePositive("--customer-in-flight", customerInFlight);
      requirePositive("--unproven-rate", unprovenRate);
      requirePositive("--webhook-window", webhookWindow.toSeconds());
      require(
          sendTimeout.compareTo(http.answerTimeout()) < 0
              && sendTimeout.compareTo(MAX_SEND_TIMEOUT) <= 0,
          "--send-timeout must be less than --answer-timeout, and at most a minute");
      require(
          (long) maxBodyBytes + server.maxHeaderBytes() <= TransactionCodec.MAX_VALUE_BYTES,
          "--max-body-bytes and --max-header-bytes together must not be more than a transaction may"
              + " have: "
              + TransactionCodec.MAX_VALUE_BYTES);
      return new GatewaySettings(
          server,
          kafka.topics(),
          tokens.settings(tokenCacheSize, TokenSettings.JWKS_MAX_AGE),
          carried.carriedFields(),
          maxBodyBytes,
          customerRate,
          customerBurst,
          customerInFlight,
          unprovenRate,
          new WebhookSettings(secrets(), webhookWindow, maxBatchBytes, WEBHOOK_BYTES));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
  }

  private List<String> secrets() throws IOException {
    if (webhookSecrets == null) {
      return List.of();
    }
    List<String> secrets =
        Files.readAllLines(webhookSecrets).stream()
            .map(String::strip)
            .filter(line -> !line.isEmpty())
            .toList();
    require(!secrets.isEmpty(), webhookSecrets + " holds no secret");
    require(
        secrets.stream().allMatch(secret -> secret.length() >= LEAST_SECRET),
        webhookSecrets + " holds a secret of less than " + LEAST_SECRET + " characters");
    return secrets;
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }
}
