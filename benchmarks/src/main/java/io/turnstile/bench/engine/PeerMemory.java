package io.turnstile.bench.engine;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The division of a peer's memory: as Flink divides a TaskManager's by default, so that heap and
 * state have the same room in both. All in MiB.
 *
 * @param heap of the JVM
 * @param direct memory of the JVM besides, where Flink has its network buffers
 * @param metaspace of the JVM
 * @param state what RocksDB may use, Flink's managed memory
 */
record PeerMemory(int heap, int direct, int metaspace, int state) {

  private static final Pattern SIZE = Pattern.compile("(\\d+)([gm])");
  private static final int METASPACE = 256;
  private static final int FRAMEWORK_OFF_HEAP = 128;

  /**
   * Divides a process's memory.
   *
   * @param process as {@code 3g} or {@code 1728m}
   * @throws IllegalArgumentException if it is not written so, or too little
   */
  static PeerMemory of(String process) {
    Matcher size = SIZE.matcher(process);
    if (!size.matches()) {
      throw new IllegalArgumentException(
          "memory '" + process + "' cannot be read, write it as 3g or 1728m");
    }
    int total = Integer.parseInt(size.group(1)) * (size.group(2).equals("g") ? 1024 : 1);
    int overhead = Math.max(192, Math.min(1024, total / 10));
    int flink = total - overhead - METASPACE;
    int managed = flink * 4 / 10;
    int network = Math.max(64, flink / 10);
    int heap = flink - managed - network - FRAMEWORK_OFF_HEAP;
    if (heap < FRAMEWORK_OFF_HEAP) {
      throw new IllegalArgumentException("memory " + process + " is too little, give 1g or more");
    }
    return new PeerMemory(heap, network + FRAMEWORK_OFF_HEAP, METASPACE, managed);
  }

  /** For the JVM; the collector is the TaskManager's of the testbed. */
  List<String> jvmOptions() {
    return List.of(
        "-Xms" + heap + "m",
        "-Xmx" + heap + "m",
        "-XX:MaxDirectMemorySize=" + direct + "m",
        "-XX:MaxMetaspaceSize=" + metaspace + "m",
        "-XX:+UseParallelGC");
  }
}
