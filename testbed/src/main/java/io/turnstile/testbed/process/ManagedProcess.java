package io.turnstile.testbed.process;

import io.turnstile.clients.Await;
import io.turnstile.testbed.LogFile;
import io.turnstile.testbed.TestbedException;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A child process with a log file, and the signals to send it. Thread-safe.
 *
 * <p>The child is the process itself, not a shell around it, so that signals reach it.
 */
final class ManagedProcess {
  private static final Logger LOG = LoggerFactory.getLogger(ManagedProcess.class);
  private static final Duration KILL_TIMEOUT = Duration.ofSeconds(10);

  /**
   * Ctrl-C in a terminal reaches the whole process group, and the children must outlive their
   * parent's reaction to it. What a shell ignores stays ignored in what it becomes.
   */
  private static final List<String> WITHOUT_INTERRUPT =
      List.of("/bin/sh", "-c", "trap '' INT HUP; exec \"$@\"", "sh");

  /**
   * Freezes a process until standard input ends, as it does when this JVM does: a frozen child
   * would not notice that.
   */
  private static final String FREEZE =
      "kill -STOP $0 || exit; echo frozen; read -r end; kill -CONT $0";

  private final String name;
  private final LogFile log;
  private Process process;
  private Process freezer;
  private boolean endExpected;
  private boolean closed;
  private LongConsumer beforeClose = pid -> {};

  ManagedProcess(String name, LogFile log) {
    this.name = name;
    this.log = log;
  }

  String name() {
    return name;
  }

  synchronized void start(List<String> command, Map<String, String> environment) {
    if (closed) {
      throw new TestbedException("the testbed is closed");
    }
    if (isAlive()) {
      throw new TestbedException(name + " is running already");
    }
    ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(WITHOUT_INTERRUPT));
    builder.command().addAll(command);
    builder.environment().putAll(environment);
    builder.directory(log.path().getParent().toFile());
    builder.redirectErrorStream(true).redirectOutput(Redirect.appendTo(log.path().toFile()));
    try {
      process = builder.start();
      endExpected = false;
      var unused = process.onExit().thenAccept(this::ended);
    } catch (IOException e) {
      throw new TestbedException("cannot start " + name + ": " + e.getMessage(), e);
    }
  }

  private synchronized void ended(Process which) {
    if (which == process && !endExpected) {
      LOG.warn("{} ended by itself with exit code {}{}", name, which.exitValue(), log.tail());
    }
  }

  synchronized long pid() {
    requireAlive();
    return process.pid();
  }

  /** Runs a tool to its end, which must be a success. */
  void run(List<String> command, Map<String, String> environment, Duration timeout) {
    Process tool;
    synchronized (this) {
      start(command, environment);
      endExpected = true;
      tool = process;
    }
    if (!awaitEnd(tool, timeout)) {
      kill();
      throw new TestbedException(
          name + " did not end within " + timeout.toSeconds() + " s" + log.tail());
    }
    if (tool.exitValue() != 0) {
      throw new TestbedException(name + " failed with exit code " + tool.exitValue() + log.tail());
    }
  }

  /** Waits until the process answers; fails at once when it ends before. */
  void awaitReady(Duration timeout, BooleanSupplier ready) {
    Await.until(
        timeout,
        () -> {
          requireAlive();
          return ready.getAsBoolean();
        },
        () ->
            new TestbedException(
                name + " is not ready within " + timeout.toSeconds() + " s" + log.tail()));
  }

  synchronized boolean isAlive() {
    return process != null && process.isAlive();
  }

  /** Fails with exit code and last lines of the log unless the process runs. */
  synchronized void requireAlive() {
    if (process == null) {
      throw new TestbedException(name + " was not started");
    }
    if (!process.isAlive()) {
      throw new TestbedException(
          name + " ended with exit code " + process.exitValue() + log.tail());
    }
  }

  /**
   * SIGTERM, which a paused process gets when it is resumed; SIGKILL if it does not end in time.
   */
  void stop(Duration timeout) {
    Process stopped;
    synchronized (this) {
      requireAlive();
      endExpected = true;
      stopped = process;
      // Not Process.destroy: it also closes the child's standard input, at which ParentWatchdog
      // halts.
      stopped.toHandle().destroy();
      thaw();
    }
    if (!awaitEnd(stopped, timeout)) {
      kill();
      throw new TestbedException(
          name + " did not stop within " + timeout + " and was killed" + log.tail());
    }
  }

  /** SIGKILL; nothing if it has ended already. */
  synchronized void kill() {
    if (process != null) {
      endExpected = true;
      process.destroyForcibly();
      if (!awaitEnd(process, KILL_TIMEOUT)) {
        throw new TestbedException(name + " (pid " + process.pid() + ") cannot be killed");
      }
    }
    thaw();
  }

  synchronized void pause() {
    requireAlive();
    if (freezer != null) {
      return;
    }
    try {
      freezer =
          new ProcessBuilder("/bin/sh", "-c", FREEZE, Long.toString(process.pid()))
              .redirectError(Redirect.DISCARD)
              .start();
      if (freezer.getInputStream().read() < 0) {
        thaw();
        throw new TestbedException("cannot pause " + name);
      }
    } catch (IOException e) {
      throw new TestbedException("cannot pause " + name + ": " + e.getMessage(), e);
    }
  }

  synchronized void resume() {
    requireAlive();
    if (freezer == null) {
      throw new TestbedException(name + " is not paused");
    }
    thaw();
  }

  private void thaw() {
    if (freezer == null) {
      return;
    }
    try {
      freezer.getOutputStream().close();
    } catch (IOException e) {
      // It has ended, which is all that is wanted.
    }
    if (!awaitEnd(freezer, KILL_TIMEOUT)) {
      freezer.destroyForcibly();
    }
    freezer = null;
  }

  /** What {@link #close} does with a process that is alive and not paused, before it kills it. */
  synchronized void beforeClose(LongConsumer action) {
    beforeClose = action;
  }

  /** Kills the process, and lets none start any more. */
  synchronized void close() {
    closed = true;
    try {
      if (isAlive() && freezer == null) {
        beforeClose.accept(process.pid());
      }
    } finally {
      kill();
    }
  }

  private static boolean awaitEnd(Process process, Duration timeout) {
    try {
      return process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return !process.isAlive();
    }
  }

  LogFile log() {
    return log;
  }
}
