package io.turnstile.micro;

import io.turnstile.events.Accepted;
import io.turnstile.events.VerdictCodec;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Times the JSON of an accepted verdict: as the job writes it, and as a take-over reads it. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class VerdictJsonBenchmark {

  private final Accepted accepted = SampleRecords.accepted(4_711);
  private final byte[] json = VerdictCodec.encode(accepted);

  @Benchmark
  public byte[] encode() {
    return VerdictCodec.encode(accepted);
  }

  @Benchmark
  public VerdictCodec.Acceptance decodeAcceptance() {
    return VerdictCodec.decodeAcceptance(json);
  }
}
