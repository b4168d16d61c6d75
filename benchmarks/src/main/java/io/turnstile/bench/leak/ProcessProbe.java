package io.turnstile.bench.leak;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Examines a process from outside. */
interface ProcessProbe extends AutoCloseable {

  /**
   * Returns what the process holds now. Makes it collect its garbage first, which stalls it for a
   * moment.
   *
   * @return by metric; what cannot be told is left out
   */
  Map<LeakMetric, Double> sample() throws IOException;

  /** Writes a heap dump of live objects; the file must not exist, its name ends in .hprof. */
  void dumpHeap(Path file) throws IOException;

  @Override
  void close() throws IOException;
}
