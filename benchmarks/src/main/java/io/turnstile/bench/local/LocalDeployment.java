package io.turnstile.bench.local;

import io.turnstile.clients.FlinkRest;
import io.turnstile.clients.JobRejectedException;
import io.turnstile.clients.JobSubmission;
import io.turnstile.clients.Screen;
import io.turnstile.clients.Shutdown;
import io.turnstile.clients.Topics;
import io.turnstile.events.TopicNames;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.TokenIssuer;
import io.turnstile.testbed.Distribution;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.process.ProcessTestbed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;

/** Kafka, Flink and the job as processes of this machine, with topics and keys. */
public final class LocalDeployment implements AutoCloseable {

  private static final Duration JOB_START = Duration.ofMinutes(2);
  private static final short ONE_BROKER = 1;

  private final Testbed testbed;
  private final Path signingKey;
  private final Path jwks;
  private final TokenIssuer tokens;
  private String jobId;

  private LocalDeployment(Testbed testbed, Path signingKey, Path jwks, TokenIssuer tokens) {
    this.testbed = testbed;
    this.signingKey = signingKey;
    this.jwks = jwks;
    this.tokens = tokens;
  }

  /**
   * Starts everything; when that fails, nothing is left but the logs.
   *
   * @param kafkaPort 0 for a free one
   * @param base where the testbed makes its directory
   * @param keys directory of the signing key and the JWKS; used if they are there, else made
   * @throws JobRejectedException if the job refuses its arguments
   */
  public static LocalDeployment start(
      LocalDeploymentOptions options, int kafkaPort, Path base, Path keys, Screen screen)
      throws Exception {
    Path signingKey = keys.resolve("signing-key.json");
    Path jwks = keys.resolve("jwks.json");
    TokenIssuer tokens =
        Files.exists(signingKey)
            ? TokenIssuer.load(signingKey)
            : TokenIssuer.generate(signingKey, jwks);
    Testbed testbed =
        new ProcessTestbed(
            TestbedConfig.builder()
                .kafkaPort(kafkaPort)
                .uiPort(options.uiPort())
                .baseDirectory(base)
                .build());
    try {
      LocalDeployment deployment = new LocalDeployment(testbed, signingKey, jwks, tokens);
      deployment.start(options, screen);
      return deployment;
    } catch (Exception e) {
      if (!(e instanceof JobRejectedException) && !Shutdown.inProgress()) {
        testbed.markFailed();
      }
      testbed.close();
      throw e;
    }
  }

  private void start(LocalDeploymentOptions options, Screen screen) throws Exception {
    screen.step(
        "Starting Kafka and Flink",
        () -> {
          testbed.start();
          return null;
        });
    screen.step(
        "Creating topics and submitting the job",
        () -> {
          createTopics(options.lanes());
          jobId = testbed.flink().submit(submission(options));
          testbed.flink().awaitRunning(jobId, JOB_START);
          return null;
        });
  }

  private void createTopics(int lanes) throws Exception {
    try (Admin admin =
        Admin.create(
            Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, testbed.bootstrapServers()))) {
      new Topics(topics(), lanes, lanes).create(admin, ONE_BROKER);
    }
  }

  private JobSubmission submission(LocalDeploymentOptions options) throws IOException {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--bootstrap-servers", testbed.bootstrapServers()));
    arguments.addAll(List.of("--jwks", jwks.toRealPath().toString()));
    arguments.addAll(List.of("--commit", options.commit().toString()));
    arguments.addAll(List.of("--lanes", Integer.toString(options.lanes())));
    arguments.addAll(options.jobArguments());
    return Distribution.turnstileJob(arguments).withParallelism(options.lanes());
  }

  public Testbed testbed() {
    return testbed;
  }

  public FlinkRest flink() {
    return testbed.flink();
  }

  public String jobId() {
    return jobId;
  }

  public TokenIssuer tokens() {
    return tokens;
  }

  public Path signingKey() {
    return signingKey;
  }

  public Path jwks() {
    return jwks;
  }

  public TopicNames topics() {
    return TopicNames.DEFAULT;
  }

  public KafkaConnection kafka() {
    return new KafkaConnection(testbed.bootstrapServers(), Map.of(), topics());
  }

  @Override
  public void close() {
    testbed.close();
  }
}
