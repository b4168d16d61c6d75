package io.turnstile.bench.profile;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A JVM of its own that uses as much CPU time as it is told to. */
final class BusyProcess implements AutoCloseable {

  private static final Duration WORK = Duration.ofMillis(500);

  private static final int ROUNDS = 1_000_000;

  private final Process process;
  private final BufferedReader answers;

  private BusyProcess(Process process) {
    this.process = process;
    answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  static BusyProcess start() throws IOException {
    return new BusyProcess(
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                BusyProcess.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start());
  }

  /** Runs in the other JVM. Ends with its input. */
  public static void main(String[] args) throws IOException {
    while (System.in.read() >= 0) {
      System.out.println(burn());
    }
  }

  /** By CPU time: on a slow machine it takes as many samples. */
  private static long burn() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long end = threads.getCurrentThreadCpuTime() + WORK.toNanos();
    long sum = 0;
    while (threads.getCurrentThreadCpuTime() < end) {
      for (int i = 0; i < ROUNDS; i++) {
        sum = sum * 31 + i;
      }
    }
    return sum;
  }

  long pid() {
    return process.pid();
  }

  /** Has it use CPU time, and waits until it has. */
  void work() throws IOException {
    OutputStream requests = process.getOutputStream();
    requests.write('\n');
    requests.flush();
    if (answers.readLine() == null) {
      throw new IOException("the process has ended");
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().orTimeout(30, TimeUnit.SECONDS).join();
  }
}
