package io.turnstile.testbed;

import io.turnstile.clients.Await;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A command of {@code ./turnstile} that runs until it is ended, as a process of its own beside a
 * testbed's Kafka. It ends with the testbed at the latest.
 *
 * @param announced what it has said of itself, as where it listens
 */
public record CommandProcess(Testbed testbed, TestbedProcess process, String announced) {

  private static final String MAIN = "io.turnstile.cli.Turnstile";
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  /**
   * Starts one with this JVM's class path, and returns when it has announced itself.
   *
   * @param announcement how the line begins by which it does
   * @param arguments the command and its options
   * @throws TestbedException if it ends before, or is silent for long
   */
  public static CommandProcess start(
      Testbed testbed, List<String> jvmOptions, String announcement, List<String> arguments) {
    TestbedProcess process =
        testbed.startApplication(
            new JavaApplication(
                System.getProperty("java.class.path"), jvmOptions, MAIN, arguments));
    LogFile log = new LogFile(testbed.logs().resolve(process + ".log"));
    Await.until(
        PATIENCE,
        () -> {
          if (!testbed.isAlive(process)) {
            throw failure(arguments, log);
          }
          return announced(log, announcement).isPresent();
        },
        () -> failure(arguments, log));
    return new CommandProcess(testbed, process, announced(log, announcement).orElseThrow());
  }

  private static Optional<String> announced(LogFile log, String announcement) {
    return log.lines()
        .filter(line -> line.startsWith(announcement))
        .map(line -> line.substring(announcement.length()))
        .findFirst();
  }

  private static TestbedException failure(List<String> arguments, LogFile log) {
    return new TestbedException(arguments.get(0) + " did not start" + log.tail());
  }

  /** Tells whether it has not ended. */
  public boolean isAlive() {
    return testbed.isAlive(process);
  }
}
