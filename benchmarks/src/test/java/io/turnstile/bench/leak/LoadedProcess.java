package io.turnstile.bench.leak;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A JVM of its own with an operator that works when told to. */
final class LoadedProcess implements AutoCloseable {

  /** Keeps all that it has ever seen. */
  static final String LEAKING = "leaking";

  /** Keeps what it saw last. */
  static final String FORGETTING = "forgetting";

  /** Starts a thread for each piece of work, and ends none. */
  static final String THREADS = "threads";

  private static final int WORK_BYTES = 1 << 20;
  private static final int KEPT = 3;

  private final Process process;
  private final BufferedReader answers;

  private LoadedProcess(Process process) {
    this.process = process;
    answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  static LoadedProcess start(String operator) throws IOException {
    return new LoadedProcess(
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                LoadedProcess.class.getName(),
                operator)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start());
  }

  /** Runs in the other JVM. Ends with its input. */
  public static void main(String[] args) throws IOException {
    Deque<byte[]> seen = new ArrayDeque<>();
    while (System.in.read() >= 0) {
      seen.add(new byte[WORK_BYTES]);
      if (args[0].equals(THREADS)) {
        Thread thread = new Thread(LoadedProcess::waitForever);
        thread.setDaemon(true);
        thread.start();
      }
      if (!args[0].equals(LEAKING) && seen.size() > KEPT) {
        seen.remove();
      }
      System.out.println(seen.size());
    }
  }

  private static void waitForever() {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  long pid() {
    return process.pid();
  }

  /** Has it do one piece of work, and waits until that is done. */
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
