package io.turnstile.job.stream;

import io.turnstile.events.SourcePosition;
import java.io.IOException;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * What is known of every input, readable or not.
 *
 * @param position its identity
 * @param receivedAt the broker's append time, epoch milliseconds
 * @param routingKey see {@link RoutingKey}
 */
public record Arrival(SourcePosition position, long receivedAt, String routingKey) {

  void write(DataOutputView out) throws IOException {
    Wire.writePosition(position, out);
    out.writeLong(receivedAt);
    Wire.writeText(routingKey, out);
  }

  static Arrival read(DataInputView in) throws IOException {
    return new Arrival(Wire.readPosition(in), in.readLong(), Wire.readText(in));
  }
}
