package io.turnstile.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.audit.Audit;
import io.turnstile.audit.AuditConfig;
import io.turnstile.audit.AuditReport;
import io.turnstile.clients.Topics;
import io.turnstile.events.TopicNames;
import io.turnstile.simulator.Generator;
import io.turnstile.simulator.GeneratorOptions;
import io.turnstile.simulator.KafkaConnection;
import io.turnstile.simulator.Simulation;
import io.turnstile.simulator.SimulationListener;
import io.turnstile.simulator.SimulationOptions;
import io.turnstile.simulator.SimulationSummary;
import io.turnstile.simulator.TokenIssuer;
import io.turnstile.testbed.JavaApplication;
import io.turnstile.testbed.LeakCheck;
import io.turnstile.testbed.Ports;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedProcess;
import io.turnstile.testbed.process.ProcessTestbed;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real peers on a real broker, killed on the way. */
@Tag("long")
class PeersIT {

  private static final int PARTITIONS = 2;
  private static final int RATE = 1_000;
  private static final int COUNT = 8_000;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private static Path directory;
  private static Testbed testbed;

  private TopicNames topics;
  private String prefix;
  private Path ledger;

  @BeforeAll
  static void start() {
    testbed = new ProcessTestbed(TestbedConfig.builder().flink(false).brokerHeap("512m").build());
    testbed.start();
  }

  @AfterAll
  static void stop() {
    testbed.close();
    LeakCheck.assertNothingLeft();
  }

  @Test
  void killedKafkaStreamsDecidesEveryInputOnceAndRight() throws Exception {
    requireRight(killedOnTheWay("kafka-streams", StreamsPeer.class, List.of(List.of())));
  }

  @Test
  void processWithAStandbyIsSurvivedByTheOther() throws Exception {
    requireRight(
        killedOnTheWay("kafka-streams-standby", StreamsPeer.class, two("--standbys", "1")));
  }

  @Test
  void processWithTransactionalStoresIsSurvivedByTheOther() throws Exception {
    requireRight(
        killedOnTheWay(
            "kafka-streams-transactional",
            StreamsPeer.class,
            two("--standbys", "1", "--transactional-stores", "true")));
  }

  private static List<List<String>> two(String... options) {
    return IntStream.rangeClosed(1, 2)
        .mapToObj(
            i -> {
              List<String> arguments = new ArrayList<>(List.of(options));
              Path state = directory.resolve(UUID.randomUUID().toString());
              arguments.addAll(List.of("--instance", "peer-" + i, "--state-dir", state.toString()));
              arguments.addAll(List.of("--session-timeout", "6000"));
              arguments.addAll(List.of("--transaction-timeout", "6000"));
              return arguments;
            })
        .toList();
  }

  private static void requireRight(AuditReport audit) {
    assertThat(audit.passed()).as(audit.toText(20)).isTrue();
    assertThat(audit.inputs()).isGreaterThanOrEqualTo(COUNT);
    assertThat(audit.rejected()).isNotEmpty();
    assertThat(audit.deadLettered()).isNotEmpty();
  }

  @Test
  void killedKafkaLimitCopiesEveryInputOnce() throws Exception {
    AuditReport audit = killedOnTheWay("kafka-limit", KafkaLimitPeer.class, List.of(List.of()));
    assertThat(audit.inputs()).isGreaterThanOrEqualTo(COUNT);
    assertThat(audit.verdicts()).isEqualTo(audit.inputs());
    assertThat(audit.missing()).as(audit.toText(20)).isZero();
    assertThat(audit.duplicated()).as(audit.toText(20)).isZero();
    assertThat(audit.inFlight()).isZero();
  }

  /** The state of its tasks and of Kafka goes back, Redis does not: an input repeats itself. */
  @Test
  void killedRedisRecipeRejectsWhatItHasNeverAccepted() throws Exception {
    String port = Integer.toString(new Ports().free());
    TestbedProcess redis =
        start(
            RedisServer.class,
            List.of("--port", port, "--directory", directory.resolve("redis").toString()));
    // Seldom, so that something is uncommitted whenever it is killed.
    AuditReport audit =
        killedOnTheWay(
            "redis-recipe",
            StreamsPeer.class,
            List.of(List.of("--redis-port", port, "--commit-interval", "2000")));
    testbed.kill(redis);
    assertThat(audit.missing()).as(audit.toText(20)).isZero();
    assertThat(audit.duplicated()).as(audit.toText(20)).isZero();
    assertThat(audit.wrong()).as(audit.toText(20)).isPositive();
  }

  /**
   * Kills the first of the peer's processes, and starts it again if there is no other.
   *
   * @param instances arguments of each of them
   */
  private AuditReport killedOnTheWay(String name, Class<?> peer, List<List<String>> instances)
      throws Exception {
    prefix = name + ".";
    topics = TopicNames.withPrefix(prefix);
    ledger = directory.resolve(name + "-ledger.csv");
    Path jwks = directory.resolve(name + "-jwks.json");
    TokenIssuer tokens = TokenIssuer.generate(directory.resolve(name + "-key.json"), jwks);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", testbed.bootstrapServers()))) {
      new Topics(topics, PARTITIONS, PARTITIONS).create(admin, (short) 1);
      List<String> further =
          peer == StreamsPeer.class ? List.of("--jwks", jwks.toString()) : List.of();
      List<TestbedProcess> running = new ArrayList<>();
      for (List<String> own : instances) {
        running.add(startPeer(peer, Stream.of(further, own).flatMap(List::stream).toList()));
      }
      CompletableFuture<SimulationSummary> simulation = simulate(tokens);
      Awaitility.await().atMost(PATIENCE).until(() -> accepted(admin) > COUNT / 4);
      testbed.kill(running.remove(0));
      if (running.isEmpty()) {
        running.add(
            startPeer(peer, Stream.of(further, instances.get(0)).flatMap(List::stream).toList()));
      }
      assertThat(simulation.join().failures()).isZero();
      AuditReport audit =
          new Audit(
                  AuditConfig.builder(testbed.bootstrapServers())
                      .topics(topics)
                      .ledger(ledger)
                      .waitFor(PATIENCE)
                      .build())
              .run();
      running.forEach(testbed::stop);
      return audit;
    }
  }

  private TestbedProcess startPeer(Class<?> peer, List<String> further) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(List.of("--bootstrap-servers", testbed.bootstrapServers()));
    arguments.addAll(List.of("--topic-prefix", prefix));
    arguments.addAll(further);
    return start(peer, arguments);
  }

  private static TestbedProcess start(Class<?> program, List<String> arguments) {
    TestbedProcess target =
        testbed.startApplication(
            new JavaApplication(
                System.getProperty("java.class.path"),
                List.of("-Xmx512m"),
                program.getName(),
                arguments));
    Path log = testbed.logs().resolve(target + ".log");
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(log).content().contains(PeerOptions.READY));
    return target;
  }

  private CompletableFuture<SimulationSummary> simulate(TokenIssuer tokens) {
    Simulation simulation =
        new Simulation(
            new KafkaConnection(testbed.bootstrapServers(), Map.of(), topics),
            new Generator(new GeneratorOptions().mixed().customers(500).products(500).rate(RATE)),
            tokens,
            new SimulationOptions().rate(RATE).count(COUNT).ledger(ledger),
            SimulationListener.NONE);
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return simulation.run();
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        });
  }

  /** Records and transaction markers in the topic of accepted verdicts. */
  private long accepted(Admin admin) throws Exception {
    long records = 0;
    for (int partition = 0; partition < PARTITIONS; partition++) {
      TopicPartition accepted = new TopicPartition(topics.accepted(), partition);
      records +=
          admin
              .listOffsets(Map.of(accepted, OffsetSpec.latest()))
              .partitionResult(accepted)
              .get()
              .offset();
    }
    return records;
  }
}
