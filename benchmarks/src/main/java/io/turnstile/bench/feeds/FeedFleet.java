package io.turnstile.bench.feeds;

import io.turnstile.bench.engine.Deployment;
import io.turnstile.bench.feeds.FeedText.Target;
import io.turnstile.bench.scenario.Scenario.Fault;
import io.turnstile.clients.TopicOptions;
import io.turnstile.simulator.api.ApiSettings;
import io.turnstile.simulator.api.ApiTrouble;
import io.turnstile.simulator.api.SimulatedApi;
import io.turnstile.testbed.Distribution;
import io.turnstile.testbed.FeedProcess;
import io.turnstile.testbed.process.PostgresqlServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * Twelve feeds on the testbed of a deployment: of each kind of source three, whose records change
 * all the time, and the process that runs them. Once started, its methods may be called by any
 * thread.
 */
public final class FeedFleet implements AutoCloseable {

  private static final String HEAP = "256m";
  private static final int RECORDS = 500;
  private static final int PAGE = 100;
  private static final double CHANGES_PER_SECOND = 5;

  private final Map<Target, SimulatedApi> apis = new EnumMap<>(Target.class);
  private final ScheduledExecutorService ticks = Executors.newSingleThreadScheduledExecutor();
  private ChangingSources sources;
  private ScheduledFuture<?> changes;
  private FeedProcess process;

  private FeedFleet() {}

  /**
   * Starts all of it.
   *
   * @param directory existing, for files
   */
  public static FeedFleet start(Deployment deployment, Path directory) throws Exception {
    FeedFleet fleet = new FeedFleet();
    try {
      fleet.run(deployment, directory.toAbsolutePath());
      return fleet;
    } catch (Exception e) {
      fleet.close();
      throw e;
    }
  }

  private void run(Deployment deployment, Path directory) throws Exception {
    for (Target target : Target.values()) {
      boolean customers = target == Target.CUSTOMERS;
      apis.put(
          target,
          SimulatedApi.start(
              new ApiSettings(
                  "127.0.0.1",
                  0,
                  customers ? 0 : RECORDS,
                  customers ? RECORDS : 0,
                  PAGE,
                  Duration.ZERO,
                  0,
                  0,
                  0,
                  CHANGES_PER_SECOND,
                  null,
                  1)));
    }
    String kafka = deployment.testbed().bootstrapServers();
    sources =
        ChangingSources.on(
            directory,
            PostgresqlServer.start(Distribution.postgresql(), 1, Map.of()),
            Map.of("bootstrap.servers", kafka));
    changes =
        ticks.scheduleAtFixedRate(
            () -> {
              try {
                sources.change();
              } catch (Exception e) {
                throw new IllegalStateException("the sources of feeds cannot be changed", e);
              }
            },
            1,
            1,
            TimeUnit.SECONDS);
    Map<Target, Integer> ports = new EnumMap<>(Target.class);
    apis.forEach((target, api) -> ports.put(target, api.port()));
    Path file =
        Files.writeString(
            directory.resolve("feeds.yaml"),
            new FeedText(ports, kafka, sources.jdbcUrl(), directory.toString()).text());
    process =
        FeedProcess.start(
            deployment.testbed(),
            HEAP,
            file,
            TopicOptions.arguments(deployment.kafka().topics()).toArray(String[]::new));
  }

  /** The process that runs the feeds. */
  public FeedProcess process() {
    return process;
  }

  /**
   * Fails if the sources have stopped changing.
   *
   * @throws ExecutionException with the reason
   */
  void requireChanges() throws ExecutionException, InterruptedException {
    if (changes.isDone()) {
      changes.get();
    }
  }

  /** The feed that has a fault of feeds. */
  public static String feedOf(Fault fault) {
    return FeedText.name("http", target(fault));
  }

  private static Target target(Fault fault) {
    return switch (fault) {
      case FEED_DOWN -> Target.PRODUCTS;
      case FEED_SLOW -> Target.CUSTOMERS;
      case FEED_LYING -> Target.TARIFFS;
      default -> throw new IllegalArgumentException(fault.key() + " is no fault of feeds");
    };
  }

  /** Inflicts a fault of feeds. */
  public void inflict(Fault fault) {
    apis.get(target(fault))
        .trouble(
            switch (fault) {
              case FEED_DOWN -> ApiTrouble.DOWN;
              case FEED_SLOW -> ApiTrouble.SLOW;
              default -> ApiTrouble.LYING;
            });
  }

  /** Ends it. */
  public void lift(Fault fault) {
    apis.get(target(fault)).trouble(ApiTrouble.NONE);
  }

  @Override
  public void close() {
    if (process != null) {
      process.close();
    }
    apis.values().forEach(SimulatedApi::close);
    if (changes != null) {
      changes.cancel(false);
    }
    if (sources != null) {
      // Behind a change that is under way.
      CompletableFuture.runAsync(sources::close, ticks).join();
    }
    ticks.shutdown();
  }
}
