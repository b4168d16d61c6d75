package io.turnstile.systemtests.configuration;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.systemtests.harness.Deployment;
import io.turnstile.testbed.LeakCheck;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedProcess;
import io.turnstile.testbed.process.ProcessTestbed;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The job on each of the Flink configurations; all other tests run on <em>low-latency</em>. */
@Tag("extended")
class FlinkProfilesIT {

  @TempDir private Path directory;

  @AfterAll
  static void nothingIsLeft() {
    LeakCheck.assertNothingLeft();
  }

  @ParameterizedTest
  @ValueSource(strings = {"throughput", "object-storage"})
  void jobDecidesOnTheProfile(String profile) throws Exception {
    TestbedConfig config = TestbedConfig.builder().flinkProfile(profile).build();
    try (Testbed testbed = new ProcessTestbed(config)) {
      testbed.start();
      try (Deployment turnstile = new Deployment(testbed, "profile.", directory)) {
        turnstile.publishProduct("p-1");
        turnstile.submit("--commit", "journal", "--parallelism", "2");
        assertThat(
                turnstile
                    .verdicts()
                    .of(turnstile.send(turnstile.transaction("t-1", "c-1", "p-1", 5)))
                    .result())
            .isEqualTo("ACCEPTED");
        testbed.flink().checkpoint(turnstile.jobId(), Deployment.PATIENCE);

        for (TestbedProcess process :
            List.of(TestbedProcess.JOB_MANAGER, testbed.taskManagers().get(0))) {
          assertThat(get(testbed, process)).contains("# TYPE flink_");
        }
      } catch (Throwable e) {
        testbed.markFailed();
        throw e;
      }
    }
  }

  private static String get(Testbed testbed, TestbedProcess process) throws Exception {
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(testbed.metrics(process)).build(), BodyHandlers.ofString())
        .body();
  }
}
