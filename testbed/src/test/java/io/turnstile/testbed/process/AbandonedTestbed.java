package io.turnstile.testbed.process;

import io.turnstile.testbed.Testbed;
import io.turnstile.testbed.TestbedConfig;
import io.turnstile.testbed.TestbedProcess;
import java.nio.file.Path;

/** A process with a testbed, one of whose processes is paused, that waits to be killed. */
final class AbandonedTestbed {
  static final String READY = "ready";

  private AbandonedTestbed() {}

  public static void main(String[] args) throws Exception {
    Testbed testbed =
        new ProcessTestbed(
            TestbedConfig.builder().baseDirectory(Path.of(args[0])).taskManagers(0).build());
    testbed.start();
    testbed.pause(TestbedProcess.JOB_MANAGER);
    System.out.println(READY);
    Thread.currentThread().join();
  }
}
