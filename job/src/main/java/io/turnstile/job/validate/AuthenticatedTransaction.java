package io.turnstile.job.validate;

import io.turnstile.decision.codec.BinaryRecords;
import io.turnstile.events.Transaction;
import io.turnstile.job.codec.BinaryCodec;
import io.turnstile.job.codec.RecordSerializer;
import io.turnstile.job.codec.RecordType;
import io.turnstile.job.codec.StateFormat;
import io.turnstile.job.read.InputMetadata;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/**
 * A transaction whose token holds, on its way to its product.
 *
 * @param transaction its token is not kept
 * @param extra JSON object of its carried fields; null if none are carried
 */
public record AuthenticatedTransaction(
    InputMetadata metadata, Transaction transaction, String extra) {

  public static final RecordType<AuthenticatedTransaction> TYPE =
      new RecordType<>(AuthenticatedTransaction.class, Serializer.INSTANCE);

  /** One without carried fields. */
  public AuthenticatedTransaction(InputMetadata metadata, Transaction transaction) {
    this(metadata, transaction, null);
  }

  /** Binary form of {@link AuthenticatedTransaction}; also of state: waiting for a product. */
  public static final class Serializer extends RecordSerializer<AuthenticatedTransaction> {
    public static final Serializer INSTANCE = new Serializer();
    private static final int FORMAT = 1;
    private static final int FORMAT_WITH_EXTRA = 2;

    @Override
    public void serialize(AuthenticatedTransaction authenticated, DataOutputView out)
        throws IOException {
      out.writeByte(authenticated.extra == null ? FORMAT : FORMAT_WITH_EXTRA);
      authenticated.metadata.write(out);
      BinaryRecords.writeTransaction(authenticated.transaction, out);
      if (authenticated.extra != null) {
        BinaryCodec.writeText(authenticated.extra, out);
      }
    }

    @Override
    public AuthenticatedTransaction deserialize(DataInputView in) throws IOException {
      int format = in.readByte();
      if (format != FORMAT_WITH_EXTRA) {
        StateFormat.expect(FORMAT, format, AuthenticatedTransaction.class);
      }
      return new AuthenticatedTransaction(
          InputMetadata.read(in),
          BinaryRecords.readTransaction(in),
          format == FORMAT ? null : BinaryCodec.readText(in));
    }

    @Override
    public TypeSerializerSnapshot<AuthenticatedTransaction> snapshotConfiguration() {
      return new Snapshot();
    }

    /** Finds the serializer again on restore. */
    public static final class Snapshot
        extends SimpleTypeSerializerSnapshot<AuthenticatedTransaction> {
      public Snapshot() {
        super(() -> INSTANCE);
      }
    }
  }
}
