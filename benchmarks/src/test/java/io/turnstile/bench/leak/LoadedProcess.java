package io.turnstile.bench.leak;

import io.turnstile.bench.WorkingJvm;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** An operator in a JVM of its own, which works when told to. */
final class LoadedProcess {

  /** Keeps all that it has ever seen. */
  static final String LEAKING = "leaking";

  /** Keeps what it saw last. */
  static final String FORGETTING = "forgetting";

  /** Starts a thread for each piece of work, and ends none. */
  static final String THREADS = "threads";

  private static final int WORK_BYTES = 1 << 20;
  private static final int KEPT = 3;

  private LoadedProcess() {}

  static WorkingJvm start(String operator) throws IOException {
    return WorkingJvm.start(List.of("-Xmx256m", "-XX:+UseSerialGC"), LoadedProcess.class, operator);
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
}
