package io.turnstile.micro;

import io.turnstile.events.Decoded;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Times the JSON of a transaction with its token, and of the largest ones that somebody can make of
 * unknown fields.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class RecordCodecBenchmark {

  /** About as many fields with names of 8 bytes as fit into 1 MiB. */
  private static final int FIELDS = 76_000;

  private Transaction transaction;
  private byte[] json;
  private byte[] manyNames;
  private byte[] collidingNames;

  @Setup
  public void prepare() throws Exception {
    transaction =
        SampleRecords.transaction(
            4_711, new SampleTokens("ES256").token(SampleRecords.customerId(4_711)));
    json = TransactionCodec.encode(transaction);
    manyNames = withFields(IntStream.range(0, FIELDS).mapToObj("n%07d"::formatted));
    collidingNames = withFields(CollidingNames.stream().limit(FIELDS));
  }

  private byte[] withFields(Stream<String> names) {
    String fields = names.map(name -> '"' + name + "\":0,").collect(Collectors.joining());
    String text = new String(json, StandardCharsets.UTF_8);
    return text.replaceFirst("\\{", Matcher.quoteReplacement("{" + fields))
        .getBytes(StandardCharsets.UTF_8);
  }

  @Benchmark
  public Decoded<Transaction> decodeManyNames() {
    return TransactionCodec.decode(manyNames);
  }

  @Benchmark
  public Decoded<Transaction> decodeCollidingNames() {
    return TransactionCodec.decode(collidingNames);
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
