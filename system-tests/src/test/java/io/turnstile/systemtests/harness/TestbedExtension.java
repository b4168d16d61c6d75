package io.turnstile.systemtests.harness;

import io.turnstile.testbed.LeakCheck;
import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.process.ProcessTestbed;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/** One testbed for a test class. Keeps its logs when a test fails, and leaves nothing running. */
public final class TestbedExtension
    implements BeforeAllCallback,
        AfterAllCallback,
        TestExecutionExceptionHandler,
        LifecycleMethodExecutionExceptionHandler {

  private final TestbedConfig config;
  private final KafkaGate gate;
  private Testbed testbed;

  public TestbedExtension(TestbedConfig config) {
    this(config, null);
  }

  /**
   * @param gate to be opened to the broker, which advertises it
   */
  public TestbedExtension(TestbedConfig config, KafkaGate gate) {
    this.config = config;
    this.gate = gate;
  }

  /** With a PostgreSQL that holds journals. */
  public static TestbedExtension withPostgresql(int taskManagers) {
    return new TestbedExtension(
        TestbedConfig.builder()
            .taskManagers(taskManagers)
            .taskManagerMemory("1600m")
            .journalLanes(Deployment.LANES)
            .build());
  }

  public Testbed testbed() {
    return testbed;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    testbed = new ProcessTestbed(config);
    if (gate != null) {
      gate.openTo(testbed.bootstrapServers());
    }
    testbed.start();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    testbed.close();
    if (gate != null) {
      gate.close();
    }
    LeakCheck.assertNothingLeft();
  }

  @Override
  public void handleTestExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    testbed.markFailed();
    throw failure;
  }

  @Override
  public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable failure)
      throws Throwable {
    testbed.markFailed();
    throw failure;
  }
}
