package io.turnstile.systemtests.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.turnstile.simulator.http.AnswerAudit;
import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.systemtests.harness.GatewayProcess;
import io.turnstile.systemtests.harness.TestbedExtension;
import io.turnstile.testbed.Ports;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients, gateways, TaskManagers and the broker are killed at random while the clients ask, and
 * ask again. Each id ends in an answer, the same to all who ask, and the topics agree. System
 * properties: {@code chaos.kills} of the long run, and {@code chaos.seed} to repeat one.
 */
class GatewayChaosIT {

  private static final long SEED = Long.getLong("chaos.seed", System.nanoTime());

  /** Each target once, and two more. */
  private static final int FEW = Target.values().length + 2;

  private static final int MANY = Integer.getInteger("chaos.kills", 300);
  private static final int TASK_MANAGERS = 2;
  private static final Duration PATIENCE = Duration.ofMinutes(3);

  /** Between a kill and the next start. */
  private static final int LONGEST_PAUSE_MILLIS = 1_500;

  /** A long run says where it is. */
  private static final int TOLD_EACH = 25;

  /** Acceptances that clients hear of between two rounds: some seconds' at most. */
  private static final int MOST_ANSWERS = 400;

  /** In the order in which they are started again. */
  private enum Target {
    BROKER,
    TASK_MANAGER,
    GATEWAY_1,
    GATEWAY_2,
    CLIENT_1,
    CLIENT_2;

    /** Of two of a kind: 0 or 1. */
    private int index() {
      return this == GATEWAY_2 || this == CLIENT_2 ? 1 : 0;
    }
  }

  @RegisterExtension
  static final TestbedExtension TESTBED =
      new TestbedExtension(
          TestbedConfig.builder().taskManagers(TASK_MANAGERS).taskManagerMemory("1600m").build());

  @TempDir private Path directory;

  private final Random random = new Random(SEED);
  private final Map<Target, Integer> killed = new EnumMap<>(Target.class);
  private final List<Integer> ports = new ArrayList<>();
  private final List<Path> ledgers = new ArrayList<>();
  private final List<BufferedReader> answers = new ArrayList<>();
  private final GatewayProcess[] gateways = new GatewayProcess[2];
  private final ClientProcess[] clients = new ClientProcess[2];
  private Deployment turnstile;

  /** It needs no container, but more time than {@code mvn verify} should take. */
  @Test
  @Tag("containers")
  void everyIdEndsInOneAnswerThroughAFewKills() throws Exception {
    run("few.", FEW);
  }

  @Test
  @Tag("chaos")
  void everyIdEndsInOneAnswerThroughManyKills() throws Exception {
    run("many.", MANY);
  }

  private void run(String prefix, int kills) throws Exception {
    System.out.printf("%d kills, -Dchaos.seed=%d%n", kills, SEED);
    try (Deployment deployment = new Deployment(testbed(), prefix, directory)) {
      turnstile = deployment;
      turnstile.publishProduct("p-1");
      turnstile.submit(
          "--parallelism", "2", "--checkpoint-interval", "2s", "--transaction-timeout", "5s");
      Ports free = new Ports();
      for (int i = 0; i < 2; i++) {
        ports.add(free.free());
        startGateway(i);
        ledgers.add(Files.createFile(directory.resolve("answers-" + i + ".jsonl")));
        answers.add(Files.newBufferedReader(ledgers.get(i)));
      }
      startClient(0, prefix);
      startClient(1, prefix);
      killAtRandom(kills, prefix);
      clients[0].finish();
      clients[1].finish();
      turnstile.audit(null);
      AnswerAudit audit = AnswerAudit.of(turnstile.connection(), ledgers);
      System.out.printf("killed %s: %s%n", killed, audit.summary());
      assertThat(audit.passed()).as(audit.summary() + audit.examples()).isTrue();
      assertThat(audit.acceptances()).isGreaterThan(kills);
    } finally {
      close();
    }
  }

  private static Testbed testbed() {
    return TESTBED.testbed();
  }

  private void killAtRandom(int kills, String prefix) throws Exception {
    int told = 0;
    List<Target> each = new ArrayList<>(List.of(Target.values()));
    Collections.shuffle(each, random);
    for (int done = 0; done < kills; ) {
      awaitAnswers(1 + random.nextInt(MOST_ANSWERS));
      Set<Target> targets = EnumSet.of(each.isEmpty() ? drawn() : each.remove(0));
      // Now and then something is gone while something else is.
      if (each.isEmpty() && random.nextInt(4) == 0) {
        targets.add(drawn());
      }
      for (Target target : targets) {
        kill(target);
        killed.merge(target, 1, Integer::sum);
      }
      done += targets.size();
      Duration pause = Duration.ofMillis(random.nextInt(LONGEST_PAUSE_MILLIS));
      await().pollDelay(pause).atMost(PATIENCE).until(() -> true);
      for (Target target : targets) {
        startAgain(target, prefix);
      }
      if (done >= told + TOLD_EACH) {
        told = done;
        System.out.printf("%d of %d kills%n", done, kills);
      }
    }
    awaitAnswers(1);
  }

  private Target drawn() {
    return Target.values()[random.nextInt(Target.values().length)];
  }

  private void kill(Target target) throws Exception {
    switch (target) {
      case BROKER -> testbed().kill(TestbedProcess.BROKER);
      case TASK_MANAGER -> {
        List<TestbedProcess> alive = testbed().taskManagers();
        testbed().kill(alive.get(random.nextInt(alive.size())));
      }
      case GATEWAY_1, GATEWAY_2 -> gateways[target.index()].kill();
      case CLIENT_1, CLIENT_2 -> clients[target.index()].kill();
    }
  }

  private void startAgain(Target target, String prefix) throws Exception {
    switch (target) {
      case BROKER -> testbed().start(TestbedProcess.BROKER);
      case TASK_MANAGER -> {
        while (testbed().taskManagers().size() < TASK_MANAGERS) {
          testbed().startTaskManager();
        }
      }
      case GATEWAY_1, GATEWAY_2 -> startGateway(target.index());
      case CLIENT_1, CLIENT_2 -> startClient(target.index(), prefix);
    }
  }

  private void startGateway(int index) throws IOException {
    gateways[index] =
        GatewayProcess.start(turnstile, ports.get(index), List.of("-Xmx192m", "-XX:+UseSerialGC"));
  }

  private void startClient(int index, String prefix) throws IOException {
    clients[index] =
        ClientProcess.start(
            directory.resolve(prefix + "signing-key.json"),
            ledgers.get(index),
            ports.stream().map(port -> URI.create("http://127.0.0.1:" + port)).toList());
  }

  /** Waits until clients have heard of so many more acceptances. */
  private void awaitAnswers(int more) {
    long[] found = new long[1];
    await()
        .atMost(PATIENCE)
        .until(
            () -> {
              for (BufferedReader ledger : answers) {
                for (String line = ledger.readLine(); line != null; line = ledger.readLine()) {
                  found[0] += line.contains("\"status\":200") ? 1 : 0;
                }
              }
              return found[0] >= more;
            });
  }

  private void close() throws IOException {
    for (ClientProcess client : clients) {
      if (client != null) {
        client.close();
      }
    }
    for (GatewayProcess gateway : gateways) {
      if (gateway != null) {
        gateway.close();
      }
    }
    for (BufferedReader ledger : answers) {
      ledger.close();
    }
  }
}
