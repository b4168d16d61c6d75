package io.turnstile.micro;

import io.turnstile.job.validate.DecisionInput;
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

/** Times the binary form of an enriched transaction on its way between two tasks. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Thread)
public class DecisionInputBenchmark {

  private final DecisionInput input = SampleRecords.enriched(4_711);
  private final DataOutputSerializer out = new DataOutputSerializer(1_024);
  private final DataInputDeserializer in = new DataInputDeserializer();
  private byte[] bytes;

  @Setup
  public void prepare() throws IOException {
    DecisionInput.Serializer.INSTANCE.serialize(input, out);
    bytes = out.getCopyOfBuffer();
  }

  @Benchmark
  public int serialize() throws IOException {
    out.clear();
    DecisionInput.Serializer.INSTANCE.serialize(input, out);
    return out.length();
  }

  @Benchmark
  public DecisionInput deserialize() throws IOException {
    in.setBuffer(bytes);
    return DecisionInput.Serializer.INSTANCE.deserialize(in);
  }
}
