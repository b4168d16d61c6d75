package io.turnstile.bench.profile;

import io.turnstile.bench.WorkingJvm;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.List;

/** Work that uses as much CPU time as it is told to. */
final class BusyProcess {

  private static final Duration WORK = Duration.ofMillis(500);

  private static final int ROUNDS = 1_000_000;

  private BusyProcess() {}

  static WorkingJvm start() throws IOException {
    return WorkingJvm.start(List.of("-Xmx64m"), BusyProcess.class);
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
}
