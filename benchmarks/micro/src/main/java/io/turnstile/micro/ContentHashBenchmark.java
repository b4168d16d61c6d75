package io.turnstile.micro;

import io.turnstile.events.ContentHash;
import io.turnstile.events.Transaction;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Times the content hash of a transaction. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class ContentHashBenchmark {

  private final Transaction transaction = SampleRecords.transaction(4_711, "");

  @Benchmark
  public ContentHash hash() {
    return ContentHash.of(transaction);
  }
}
