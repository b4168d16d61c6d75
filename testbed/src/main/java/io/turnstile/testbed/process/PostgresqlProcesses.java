package io.turnstile.testbed.process;

import io.turnstile.testbed.TestbedException;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** The processes of a {@link PostgresqlServer}, and the signals to send them. Not thread-safe. */
final class PostgresqlProcesses {

  /**
   * Ends the server in a directory when standard input ends, as it does when this JVM does. It
   * outlives a signal to all processes of a terminal or of a job. A server that is paused takes the
   * signal when it continues.
   */
  private static final String END_WITH_PARENT =
      """
      trap '' INT HUP TERM QUIT
      read -r end
      pid=$(head -n 1 "$0/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" && kill -CONT "$pid"
      """;

  private static final Duration SIGNAL_TIMEOUT = Duration.ofSeconds(10);

  private final ProcessHandle postmaster;

  /** Those that are paused. */
  private List<Long> frozen = List.of();

  private PostgresqlProcesses(ProcessHandle postmaster) {
    this.postmaster = postmaster;
  }

  /**
   * Those of a server.
   *
   * @param postmaster the one that starts the others
   */
  static PostgresqlProcesses of(ProcessHandle postmaster) {
    return new PostgresqlProcesses(postmaster);
  }

  /** Freezes all of them. */
  void pause() {
    // First, for it to start no more.
    signal("-STOP", List.of(postmaster.pid()));
    List<Long> all =
        Stream.concat(Stream.of(postmaster), postmaster.descendants())
            .map(ProcessHandle::pid)
            .toList();
    signal("-STOP", all);
    frozen = all;
  }

  /** Resumes those that are paused; false if none is. */
  boolean resume() {
    List<Long> paused = frozen;
    frozen = List.of();
    if (!paused.isEmpty()) {
      signal("-CONT", paused);
    }
    return !paused.isEmpty();
  }

  /** Kills all of them, and waits until they are gone. */
  void kill() {
    pause();
    List<ProcessHandle> all =
        frozen.stream().flatMap(pid -> ProcessHandle.of(pid).stream()).toList();
    frozen = List.of();
    all.forEach(ProcessHandle::destroyForcibly);
    // Whoever is left would keep the next one from starting.
    all.forEach(PostgresqlProcesses::awaitEnd);
  }

  /** Waits for the end of a server; false if it does not come in time. */
  boolean awaitEnd() {
    return awaitEnd(postmaster);
  }

  /** Waits for the end of a process; false if it does not come in time. */
  static boolean awaitEnd(ProcessHandle process) {
    try {
      process.onExit().get(SIGNAL_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      return false;
    }
    return true;
  }

  private static void signal(String signal, List<Long> pids) {
    List<String> command = new ArrayList<>(List.of("kill", signal));
    pids.forEach(pid -> command.add(Long.toString(pid)));
    try {
      // Fails if one of them has just ended, which is as good.
      new ProcessBuilder(command)
          .redirectOutput(Redirect.DISCARD)
          .redirectError(Redirect.DISCARD)
          .start()
          .waitFor(SIGNAL_TIMEOUT.toSeconds(), TimeUnit.SECONDS);
    } catch (IOException e) {
      throw new TestbedException("cannot send " + signal + " to PostgreSQL", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** A process that ends the server in a directory when this JVM ends, unless it is ended first. */
  static Process endWithThisJvm(Path directory) throws IOException {
    return new ProcessBuilder("/bin/sh", "-c", END_WITH_PARENT, directory.toString())
        .redirectOutput(Redirect.DISCARD)
        .redirectError(Redirect.DISCARD)
        .start();
  }
}
