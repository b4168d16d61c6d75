package io.turnstile.job.commit;

import io.turnstile.micro.SampleRecords;
import java.util.concurrent.TimeUnit;
import org.apache.flink.metrics.groups.UnregisteredMetricsGroup;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * Times the bookkeeping of committed latency, per input. With {@code -prof gc} it shows that
 * nothing is allocated.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class PendingLatenciesBenchmark {

  /** Number of inputs in 10 ms at 10,000/s. */
  private static final int BATCH = 100;

  private final PendingLatencies pending =
      new PendingLatencies(new CommittedLatency(new UnregisteredMetricsGroup()));
  private long now = SampleRecords.START;

  @Benchmark
  @OperationsPerInvocation(BATCH)
  public long commit() {
    for (int i = 0; i < BATCH; i++) {
      pending.add(now + i / 10);
    }
    now += 10;
    long batch = pending.close();
    pending.committed(batch, now);
    return batch;
  }
}
