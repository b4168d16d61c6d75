package io.turnstile.micro;

import io.turnstile.events.Decoded;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Times the JSON of a transaction with its token. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class RecordCodecBenchmark {

  private Transaction transaction;
  private byte[] json;

  @Setup
  public void prepare() throws Exception {
    transaction =
        SampleRecords.transaction(
            4_711, new SampleTokens("ES256").token(SampleRecords.customerId(4_711)));
    json = TransactionCodec.encode(transaction);
  }

  @Benchmark
  public Decoded<Transaction> decode() {
    return TransactionCodec.decode(json);
  }

  @Benchmark
  public byte[] encode() {
    return TransactionCodec.encode(transaction);
  }
}
