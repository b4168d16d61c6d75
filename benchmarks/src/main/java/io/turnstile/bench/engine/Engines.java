package io.turnstile.bench.engine;

import io.turnstile.events.TopicNames;
import io.turnstile.testbed.TestbedConfigBuilder;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** All engines there are, in the order in which readers see them. */
public final class Engines {

  /** The name of the engine that the others are there to be compared with. */
  public static final String TURNSTILE = "turnstile";

  private static final String STREAMS = "io.turnstile.bench.peers.StreamsPeer";

  private static final List<Engine> ALL =
      List.of(
          turnstile("journal", false, TopicNames.DEFAULT, config -> {}, List.of()),
          turnstile("checkpoint", false, TopicNames.DEFAULT, config -> {}, List.of()),
          turnstile("journal", true, TopicNames.DEFAULT, config -> {}, List.of()),
          streams(
              "", "the same decisions on Kafka Streams, exactly_once_v2 and RocksDB", 1, Map.of()),
          new PeerEngine(
              "kafka-limit",
              "bare Kafka transactions that decide nothing: the practical limit",
              "io.turnstile.bench.peers.KafkaLimitPeer",
              false,
              1,
              false,
              Map.of()),
          // Last: the others keep their colours in reports.
          turnstile("checkpoint", true, TopicNames.DEFAULT, config -> {}, List.of()),
          streams(
              "-standby", "kafka-streams in two processes, with a standby", 2, standby("false")),
          streams(
              "-transactional",
              "the same, with transactional state stores, which a crash does not discard",
              2,
              standby("true")),
          new PeerEngine(
              "redis-recipe",
              "the same decisions with SET NX in Redis: what it loses when a process dies",
              STREAMS,
              true,
              1,
              true,
              Map.of()));

  private Engines() {}

  /** The reasons are in the README.md of the peers. */
  private static Map<String, String> standby(String transactionalStores) {
    return Map.of(
        "--standbys", "1",
        "--session-timeout", "6000",
        "--transaction-timeout", "6000",
        "--transactional-stores", transactionalStores);
  }

  private static Engine streams(
      String variant, String description, int instances, Map<String, String> options) {
    return new PeerEngine(
        "kafka-streams" + variant, description, STREAMS, true, instances, false, options);
  }

  public static List<Engine> all() {
    return ALL;
  }

  /**
   * Returns the job with topics of other names, something else of its testbed, and further
   * arguments.
   *
   * @param commit {@code journal} or {@code checkpoint}
   * @param postgresql true for verdicts in PostgreSQL
   * @param changes made to the testbed's configuration after all others
   */
  public static Engine turnstile(
      String commit,
      boolean postgresql,
      TopicNames topics,
      Consumer<TestbedConfigBuilder> changes,
      List<String> jobArguments) {
    boolean journal = commit.equals("journal");
    String name =
        journal
            ? postgresql ? "turnstile-postgresql" : TURNSTILE
            : postgresql ? "turnstile-jdbc-xa" : "turnstile-2pc";
    return new TurnstileEngine(
        name,
        journal
            ? "the job with --commit journal: verdicts commit every few ms"
                + (postgresql ? ", in PostgreSQL" : "")
            : postgresql
                ? "the job with the XA sink of flink-connector-jdbc, into PostgreSQL; without faults"
                : "the job with --commit checkpoint: Flink's two-phase committing Kafka sink",
        commit,
        postgresql,
        topics,
        changes,
        jobArguments);
  }

  /** Returns their names, {@link #TURNSTILE} first. */
  public static List<String> names() {
    return ALL.stream().map(Engine::name).toList();
  }

  /**
   * The engine of a name.
   *
   * @throws IllegalArgumentException if there is none, its message for the user
   */
  public static Engine named(String name) {
    return ALL.stream()
        .filter(engine -> engine.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "there is no engine '%s'; there are %s"
                        .formatted(name, String.join(", ", names()))));
  }
}
