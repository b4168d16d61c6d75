package io.turnstile.job.read;

import io.turnstile.events.SourcePosition;
import io.turnstile.job.codec.BinaryCodec;
import java.io.IOException;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * Metadata that every input has, readable or not.
 *
 * @param position its identity
 * @param receivedAt the broker's append time, epoch milliseconds
 * @param routingKey see {@link RoutingKey}
 */
public record InputMetadata(SourcePosition position, long receivedAt, String routingKey) {

  /** Returns that of an input, whose customer is null if it cannot be read. */
  public static InputMetadata of(InputRecord input, String customerId) {
    return new InputMetadata(
        input.position(), input.receivedAt(), RoutingKey.of(customerId, input.position()));
  }

  public void write(DataOutputView out) throws IOException {
    BinaryCodec.writePosition(position, out);
    out.writeLong(receivedAt);
    BinaryCodec.writeText(routingKey, out);
  }

  public static InputMetadata read(DataInputView in) throws IOException {
    return new InputMetadata(BinaryCodec.readPosition(in), in.readLong(), BinaryCodec.readText(in));
  }
}
