package io.turnstile.micro;

import io.turnstile.decision.codec.BinaryRecords;
import io.turnstile.events.Decoded;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Compares how a product is read from state: in binary, as it is, or from the topic's JSON. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class ReferenceFormatBenchmark {

  private final DataInputDeserializer in = new DataInputDeserializer();
  private byte[] binary;
  private byte[] json;

  @Setup
  public void prepare() throws IOException {
    Product product = SampleRecords.product(471);
    DataOutputSerializer out = new DataOutputSerializer(256);
    BinaryRecords.writeProduct(product, out);
    binary = out.getCopyOfBuffer();
    json = ProductCodec.encode(product);
  }

  @Benchmark
  public Product readBinary() throws IOException {
    in.setBuffer(binary);
    return BinaryRecords.readProduct(in);
  }

  @Benchmark
  public Decoded<Product> readJson() {
    return ProductCodec.decode(json);
  }
}
