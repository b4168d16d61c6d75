package io.turnstile.bench.leak;

import io.turnstile.bench.result.Point;
import java.util.List;

/** The metrics that are watched, and the growth in an hour that is no leak yet. */
enum LeakMetric {
  HEAP_AFTER_GC("heap after GC", "MiB", 4),
  RSS("resident memory", "MiB", 16),
  NATIVE_MEMORY("native memory", "MiB", 16),
  STATE_SIZE("state size", "MiB", 4),
  OPEN_FILES("open files", "files", 4),
  THREADS("threads", "threads", 2);

  /** Or this share of the metric itself, if that is more. */
  private static final double TOLERATED_SHARE = 0.03;

  private final String text;
  private final String unit;
  private final double tolerated;

  LeakMetric(String text, String unit, double tolerated) {
    this.text = text;
    this.unit = unit;
    this.tolerated = tolerated;
  }

  String text() {
    return text;
  }

  String unit() {
    return unit;
  }

  /** Growth per hour that is no leak yet. */
  double tolerance(List<Point> samples) {
    double mean = samples.stream().mapToDouble(Point::y).average().orElse(0);
    return Math.max(tolerated, mean * TOLERATED_SHARE);
  }
}
