package io.turnstile.testbed;

import io.turnstile.testbed.process.Jvm;
import java.util.List;
import java.util.stream.Collectors;

/** Finds processes that a testbed left behind. */
public final class LeakCheck {

  private LeakCheck() {}

  /** The living processes of testbeds in the JVM with that pid, whether or not it lives itself. */
  public static List<ProcessHandle> processesOf(long parentPid) {
    // Not the list of arguments, which is missing when it is long.
    String marker = " " + Jvm.MARKER + parentPid + " ";
    return ProcessHandle.allProcesses()
        .filter(ProcessHandle::isAlive)
        .filter(process -> process.info().commandLine().orElse("").contains(marker))
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
