package io.turnstile.job.stream;

import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Product;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.Transaction;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** What comes before the turnstile: an input, ready for its verdict. */
public sealed interface Submission {

  RecordType<Submission> TYPE = new RecordType<>(Submission.class, Serializer.INSTANCE);

  Arrival arrival();

  /** A transaction with a good token and a known product. */
  record Enriched(Arrival arrival, Transaction transaction, Product product)
      implements Submission {}

  /** A transaction already turned away. */
  record Refused(
      Arrival arrival,
      String transactionId,
      String customerId,
      RejectionReason reason,
      String detail)
      implements Submission {}

  /** An input that is no transaction, with its original bytes. */
  @SuppressWarnings("ArrayRecordComponent")
  record Unreadable(Arrival arrival, byte[] key, byte[] value, DeadLetterCode code, String message)
      implements Submission {}

  /** Binary form of {@link Submission}; also of state: waiting for a customer. */
  final class Serializer extends RecordSerializer<Submission> {
    public static final Serializer INSTANCE = new Serializer();
    private static final int FORMAT = 1;
    private static final int ENRICHED = 1;
    private static final int REFUSED = 2;
    private static final int UNREADABLE = 3;

    @Override
    public void serialize(Submission submission, DataOutputView out) throws IOException {
      out.writeByte(FORMAT);
      if (submission instanceof Enriched enriched) {
        out.writeByte(ENRICHED);
        enriched.arrival.write(out);
        Wire.writeTransaction(enriched.transaction, out);
        Wire.writeProduct(enriched.product, out);
      } else if (submission instanceof Refused refused) {
        out.writeByte(REFUSED);
        refused.arrival.write(out);
        Wire.writeText(refused.transactionId, out);
        Wire.writeText(refused.customerId, out);
        Wire.writeText(refused.reason.name(), out);
        Wire.writeText(refused.detail, out);
      } else if (submission instanceof Unreadable unreadable) {
        out.writeByte(UNREADABLE);
        unreadable.arrival.write(out);
        Wire.writeBytes(unreadable.key, out);
        Wire.writeBytes(unreadable.value, out);
        Wire.writeText(unreadable.code.name(), out);
        Wire.writeText(unreadable.message, out);
      }
    }

    @Override
    public Submission deserialize(DataInputView in) throws IOException {
      Format.expect(FORMAT, in.readByte(), Submission.class);
      int kind = in.readByte();
      Arrival arrival = Arrival.read(in);
      return switch (kind) {
        case ENRICHED -> new Enriched(arrival, Wire.readTransaction(in), Wire.readProduct(in));
        case REFUSED ->
            new Refused(
                arrival,
                Wire.readText(in),
                Wire.readText(in),
                RejectionReason.valueOf(Wire.readText(in)),
                Wire.readText(in));
        case UNREADABLE ->
            new Unreadable(
                arrival,
                Wire.readBytes(in),
                Wire.readBytes(in),
                DeadLetterCode.valueOf(Wire.readText(in)),
                Wire.readText(in));
        default -> throw new IOException("no such kind of submission: " + kind);
      };
    }

    @Override
    public TypeSerializerSnapshot<Submission> snapshotConfiguration() {
      return new Snapshot();
    }

    /** Finds the serializer again on restore. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<Submission> {
      public Snapshot() {
        super(() -> INSTANCE);
      }
    }
  }
}
