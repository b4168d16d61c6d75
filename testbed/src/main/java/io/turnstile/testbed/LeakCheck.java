package io.turnstile.testbed;

import java.util.List;
import java.util.stream.Collectors;

/** Finds processes that a testbed left behind. */
public final class LeakCheck {

  /** The option that marks a JVM as a testbed's; the pid of the testbed's own JVM follows. */
  public static final String MARKER = "-Dturnstile.testbed=";

  /** Begins the {@code cluster_name} of a testbed's PostgreSQL; the same pid follows. */
  public static final String POSTGRESQL_MARKER = "turnstile-testbed-";

  private LeakCheck() {}

  /** The living processes of testbeds of the JVM with that pid, which need not be alive itself. */
  public static List<ProcessHandle> processesOf(long parentPid) {
    String java = " " + MARKER + parentPid + " ";
    String postgresql = " cluster_name=" + POSTGRESQL_MARKER + parentPid + " ";
    return ProcessHandle.allProcesses()
        .filter(ProcessHandle::isAlive)
        .filter(
            process -> {
              // Not the list of arguments, which is missing when it is long.
              String line = process.info().commandLine().orElse("") + " ";
              return line.contains(java) || line.contains(postgresql);
            })
        .toList();
  }

  /** Fails when a testbed of this JVM has left a process; for the end of a test. */
  public static void assertNothingLeft() {
    List<ProcessHandle> left = processesOf(ProcessHandle.current().pid());
    if (!left.isEmpty()) {
      throw new AssertionError(
          "processes left behind by a testbed: "
              + left.stream()
                  .map(process -> process.pid() + " " + process.info().commandLine().orElse("?"))
                  .collect(Collectors.joining(", ")));
    }
  }
}
