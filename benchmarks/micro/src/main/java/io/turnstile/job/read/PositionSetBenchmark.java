package io.turnstile.job.read;

import io.turnstile.events.SourcePosition;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Times a set of positions of four partitions, offset after offset, as large as the verdicts that a
 * take-over reads after ten seconds at 10,000/s.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class PositionSetBenchmark {

  private static final int SIZE = 100_000;
  private static final int PARTITIONS = 4;

  private final SourcePosition[] positions = new SourcePosition[SIZE];
  private final PositionSet full = new PositionSet();

  @Setup
  public void prepare() {
    for (int i = 0; i < SIZE; i++) {
      positions[i] =
          new SourcePosition("transactions", i % PARTITIONS, 1_000_000L + i / PARTITIONS);
      full.add(positions[i]);
    }
  }

  /** Per position. */
  @Benchmark
  @OperationsPerInvocation(SIZE)
  public long add() {
    PositionSet set = new PositionSet();
    for (SourcePosition position : positions) {
      set.add(position);
    }
    return set.size();
  }

  /** Per position; includes one copy of the set, which is nothing beside it. */
  @Benchmark
  @OperationsPerInvocation(SIZE)
  public long remove() {
    PositionSet set = full.copy();
    for (SourcePosition position : positions) {
      set.remove(position);
    }
    return set.size();
  }

  /** The whole set, as a checkpoint takes it. */
  @Benchmark
  @OutputTimeUnit(TimeUnit.MICROSECONDS)
  public long copy() {
    return full.copy().size();
  }
}
