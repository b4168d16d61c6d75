package io.turnstile.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.flink.configuration.CheckpointingOptions;
import org.apache.flink.configuration.ClusterOptions;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.CoreOptions;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.configuration.ExternalizedCheckpointRetention;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.configuration.HeartbeatManagerOptions;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.configuration.StateBackendOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.configuration.WebOptions;
import org.apache.flink.state.rocksdb.RocksDBConfigurableOptions;
import org.apache.flink.state.rocksdb.RocksDBOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Checks the files below {@code flink-conf/}: Flink ignores a key that it does not know. */
class FlinkConfTest {

  private static final Path DIRECTORY = Path.of(System.getProperty("turnstile.home"), "flink-conf");

  private static final Map<String, ConfigOption<?>> OPTIONS = new TreeMap<>();

  static {
    List.of(
            CheckpointingOptions.class,
            ClusterOptions.class,
            CoreOptions.class,
            ExecutionOptions.class,
            HeartbeatManagerOptions.class,
            JobManagerOptions.class,
            RestartStrategyOptions.class,
            RocksDBConfigurableOptions.class,
            RocksDBOptions.class,
            StateBackendOptions.class,
            TaskManagerOptions.class,
            WebOptions.class)
        .forEach(FlinkConfTest::addOptions);
  }

  private static void addOptions(Class<?> options) {
    Arrays.stream(options.getFields())
        .filter(field -> Modifier.isStatic(field.getModifiers()))
        .filter(field -> field.getType() == ConfigOption.class)
        .forEach(
            field -> {
              try {
                ConfigOption<?> option = (ConfigOption<?>) field.get(null);
                OPTIONS.put(option.key(), option);
              } catch (IllegalAccessException e) {
                throw new AssertionError(e);
              }
            });
  }

  static Stream<Path> profiles() throws IOException {
    try (Stream<Path> files = Files.list(DIRECTORY)) {
      return files
          .filter(directory -> Files.exists(directory.resolve("config.yaml")))
          .toList()
          .stream();
    }
  }

  @Test
  void thereAreThreeProfiles() throws IOException {
    assertThat(profiles().map(profile -> profile.getFileName().toString()))
        .containsExactlyInAnyOrder("low-latency", "throughput", "object-storage");
  }

  @ParameterizedTest
  @MethodSource("profiles")
  void everyKeyIsAnOptionOfFlinkAndItsValueIsValid(Path profile) {
    Configuration config = GlobalConfiguration.loadConfiguration(profile.toString());
    assertThat(config.keySet()).isNotEmpty();
    for (String key : config.keySet()) {
      if (key.startsWith("metrics.reporter.prom.")) {
        continue;
      }
      assertThat(OPTIONS).containsKey(key);
      assertThatCode(() -> config.get(OPTIONS.get(key))).as(key).doesNotThrowAnyException();
    }
  }

  @ParameterizedTest
  @MethodSource("profiles")
  void everyLineSaysWhy(Path profile) throws IOException {
    List<String> lines = Files.readAllLines(profile.resolve("config.yaml"));
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).matches("[a-z].*")) {
        int first = i;
        // Neighbours share what is above the first of them.
        while (first > 0
            && !lines.get(first - 1).isBlank()
            && !lines.get(first - 1).startsWith("#")) {
          first--;
        }
        assertThat(first > 0 && lines.get(first - 1).startsWith("#")).as(lines.get(i)).isTrue();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("profiles")
  void restartsForEverAndKeepsCheckpoints(Path profile) {
    Configuration config = GlobalConfiguration.loadConfiguration(profile.toString());
    assertThat(config.get(RestartStrategyOptions.RESTART_STRATEGY)).isEqualTo("exponential-delay");
    assertThat(config.get(CheckpointingOptions.EXTERNALIZED_CHECKPOINT_RETENTION))
        .isEqualTo(ExternalizedCheckpointRetention.RETAIN_ON_CANCELLATION);
    assertThat(config.get(RocksDBConfigurableOptions.USE_BLOOM_FILTER)).isTrue();
  }

  /** The restart would need the storage that just failed. */
  @Test
  void checkpointsThatFailInObjectStorageNeverRestartTheJob() {
    Configuration config =
        GlobalConfiguration.loadConfiguration(DIRECTORY.resolve("object-storage").toString());
    assertThat(config.get(CheckpointingOptions.TOLERABLE_FAILURE_NUMBER))
        .isEqualTo(Integer.MAX_VALUE);
  }

  @ParameterizedTest
  @MethodSource("profiles")
  void deadProcessIsNoticedWithinASecondAndOneThatStallsForThreeIsLeftAlone(Path profile) {
    Configuration config = GlobalConfiguration.loadConfiguration(profile.toString());
    Duration interval = config.get(HeartbeatManagerOptions.HEARTBEAT_INTERVAL);
    int failures = config.get(HeartbeatManagerOptions.HEARTBEAT_RPC_FAILURE_THRESHOLD);
    assertThat(interval.multipliedBy(failures + 1)).isLessThan(Duration.ofSeconds(1));
    // A single broken connection is not a death.
    assertThat(failures).isGreaterThanOrEqualTo(2);
    assertThat(config.get(HeartbeatManagerOptions.HEARTBEAT_TIMEOUT))
        .isEqualTo(Duration.ofSeconds(10));
  }

  @ParameterizedTest
  @MethodSource("loggings")
  void loggingNeedsNoJarThatFlinkLacks(Path file) throws IOException {
    Properties properties = new Properties();
    try (InputStream in = Files.newInputStream(file)) {
      properties.load(in);
    }
    assertThat(properties)
        .containsEntry("appender.console.type", "Console")
        .containsEntry("appender.console.layout.type", "PatternLayout");
  }

  static Stream<Path> loggings() {
    return Stream.of("text", "json")
        .map(
            form -> DIRECTORY.resolve("logging").resolve(form).resolve("log4j-console.properties"));
  }
}
