package io.turnstile.job.stream;

import io.turnstile.events.Transaction;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * A transaction whose token holds, on its way to its product.
 *
 * @param transaction its token is not kept
 */
public record Candidate(Arrival arrival, Transaction transaction) {

  public static final RecordType<Candidate> TYPE =
      new RecordType<>(Candidate.class, Serializer.INSTANCE);

  /** Binary form of {@link Candidate}; also of state: waiting for a product. */
  public static final class Serializer extends RecordSerializer<Candidate> {
    public static final Serializer INSTANCE = new Serializer();
    private static final int FORMAT = 1;

    @Override
    public void serialize(Candidate candidate, DataOutputView out) throws IOException {
      out.writeByte(FORMAT);
      candidate.arrival.write(out);
      Wire.writeTransaction(candidate.transaction, out);
    }

    @Override
    public Candidate deserialize(DataInputView in) throws IOException {
      Format.expect(FORMAT, in.readByte(), Candidate.class);
      return new Candidate(Arrival.read(in), Wire.readTransaction(in));
    }

    @Override
    public TypeSerializerSnapshot<Candidate> snapshotConfiguration() {
      return new Snapshot();
    }

    /** Finds the serializer again on restore. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<Candidate> {
      public Snapshot() {
        super(() -> INSTANCE);
      }
    }
  }
}
