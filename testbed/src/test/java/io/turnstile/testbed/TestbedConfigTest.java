package io.turnstile.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TestbedConfigTest {

  @Test
  void defaultsAreThese() {
    assertThat(TestbedConfig.defaults())
        .isEqualTo(
            new TestbedConfig(
                0,
                0,
                true,
                1,
                2,
                "3g",
                "1g",
                "1g",
                List.of(),
                "low-latency",
                "file",
                null,
                Map.of(),
                List.of(),
                Map.of(),
                Map.of(),
                0,
                Path.of(System.getProperty("java.io.tmpdir")),
                Duration.ofMinutes(3)));
  }

  @Test
  void everySettingReachesTheConfig() {
    assertThat(
            TestbedConfig.builder()
                .kafkaPort(9092)
                .uiPort(8081)
                .flink(false)
                .taskManagers(3)
                .slots(4)
                .taskManagerMemory("2g")
                .jobManagerMemory("800m")
                .brokerHeap("512m")
                .brokerJvmOptions(List.of("-XX:+UseParallelGC"))
                .flinkProfile("throughput")
                .checkpointScheme("slow")
                .jobJar(Path.of("job.jar"))
                .flinkConfig(Map.of("heartbeat.timeout", "2 s"))
                .flinkPlugins(List.of(Path.of("plugin")))
                .flinkEnvironment(Map.of("NAME", "value"))
                .brokerConfig(Map.of("num.io.threads", "2"))
                .journalLanes(4)
                .baseDirectory(Path.of("base"))
                .startTimeout(Duration.ofSeconds(5))
                .build())
        .isEqualTo(
            new TestbedConfig(
                9092,
                8081,
                false,
                3,
                4,
                "2g",
                "800m",
                "512m",
                List.of("-XX:+UseParallelGC"),
                "throughput",
                "slow",
                Path.of("job.jar"),
                Map.of("heartbeat.timeout", "2 s"),
                List.of(Path.of("plugin")),
                Map.of("NAME", "value"),
                Map.of("num.io.threads", "2"),
                4,
                Path.of("base"),
                Duration.ofSeconds(5)));
  }

  @Test
  void laterChangesOfTheMapDoNotReachTheConfig() {
    Map<String, String> map = new HashMap<>();
    TestbedConfig config = TestbedConfig.builder().flinkConfig(map).build();
    map.put("parallelism.default", "2");
    assertThat(config.flinkConfig()).isEmpty();
  }

  @Test
  void rejectsWhatCannotWork() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TestbedConfig.builder().kafkaPort(65536).build())
        .withMessage("kafkaPort must be between 0 and 65535: 65536");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TestbedConfig.builder().slots(0).build())
        .withMessage("slots must be at least 1: 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TestbedConfig.builder().taskManagers(-1).build())
        .withMessage("taskManagers must not be negative: -1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TestbedConfig.builder().journalLanes(-1).build())
        .withMessage("journalLanes must not be negative: -1");
  }
}
