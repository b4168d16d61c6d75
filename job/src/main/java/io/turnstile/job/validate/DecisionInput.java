package io.turnstile.job.validate;

import io.turnstile.decision.codec.BinaryRecords;
import io.turnstile.events.Additions;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Product;
import io.turnstile.events.ReferenceDocument;
import io.turnstile.events.RejectionReason;
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
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** An input at the turnstile, ready for its verdict. */
public sealed interface DecisionInput {

  RecordType<DecisionInput> TYPE = new RecordType<>(DecisionInput.class, Serializer.INSTANCE);

  InputMetadata metadata();

  /**
   * A transaction with a good token and a known product.
   *
   * @param additions what its verdict is to hold beside that
   */
  record Enriched(
      InputMetadata metadata, Transaction transaction, Product product, Additions additions)
      implements DecisionInput {

    /** One without additions. */
    public Enriched(InputMetadata metadata, Transaction transaction, Product product) {
      this(metadata, transaction, product, Additions.NONE);
    }

    /**
     * The same with one more reference.
     *
     * @param document null if none is known
     */
    public Enriched with(String name, ReferenceDocument document) {
      return new Enriched(metadata, transaction, product, additions.with(name, document));
    }
  }

  /** A transaction already turned away. */
  record Refused(
      InputMetadata metadata,
      String transactionId,
      String customerId,
      RejectionReason reason,
      String detail)
      implements DecisionInput {}

  /**
   * An input that is replayed and has its verdict: nothing but its position, and a routing key that
   * leads to the lane of that verdict.
   */
  record AlreadyDecided(InputMetadata metadata) implements DecisionInput {}

  /**
   * An input that is no transaction, with its original bytes.
   *
   * @param headers those of the input, as {@link io.turnstile.events.InputHeaders#toDeadLetter}
   *     makes them
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Unreadable(
      InputMetadata metadata,
      byte[] key,
      byte[] value,
      Headers headers,
      DeadLetterCode code,
      String message)
      implements DecisionInput {

    /** One that had no headers. */
    public Unreadable(
        InputMetadata metadata, byte[] key, byte[] value, DeadLetterCode code, String message) {
      this(metadata, key, value, new RecordHeaders(), code, message);
    }
  }

  /** Binary form of {@link DecisionInput}; also of state: waiting for a customer or a reference. */
  final class Serializer extends RecordSerializer<DecisionInput> {
    public static final Serializer INSTANCE = new Serializer();
    private static final int FORMAT = 1;
    private static final int ENRICHED = 1;
    private static final int REFUSED = 2;
    private static final int UNREADABLE = 3;
    private static final int UNREADABLE_WITH_HEADERS = 4;
    private static final int ALREADY_DECIDED = 5;
    private static final int ENRICHED_WITH_ADDITIONS = 6;

    @Override
    public void serialize(DecisionInput decisionInput, DataOutputView out) throws IOException {
      out.writeByte(FORMAT);
      if (decisionInput instanceof Enriched enriched) {
        boolean plain = enriched.additions.isEmpty();
        out.writeByte(plain ? ENRICHED : ENRICHED_WITH_ADDITIONS);
        enriched.metadata.write(out);
        BinaryRecords.writeTransaction(enriched.transaction, out);
        BinaryRecords.writeProduct(enriched.product, out);
        if (!plain) {
          BinaryRecords.writeAdditions(enriched.additions, out);
        }
      } else if (decisionInput instanceof Refused refused) {
        out.writeByte(REFUSED);
        refused.metadata.write(out);
        BinaryCodec.writeText(refused.transactionId, out);
        BinaryCodec.writeText(refused.customerId, out);
        BinaryCodec.writeText(refused.reason.name(), out);
        BinaryCodec.writeText(refused.detail, out);
      } else if (decisionInput instanceof AlreadyDecided decided) {
        out.writeByte(ALREADY_DECIDED);
        decided.metadata.write(out);
      } else if (decisionInput instanceof Unreadable unreadable) {
        boolean hasHeaders = unreadable.headers.iterator().hasNext();
        out.writeByte(hasHeaders ? UNREADABLE_WITH_HEADERS : UNREADABLE);
        unreadable.metadata.write(out);
        BinaryCodec.writeBytes(unreadable.key, out);
        BinaryCodec.writeBytes(unreadable.value, out);
        if (hasHeaders) {
          BinaryCodec.writeHeaders(unreadable.headers, out);
        }
        BinaryCodec.writeText(unreadable.code.name(), out);
        BinaryCodec.writeText(unreadable.message, out);
      }
    }

    @Override
    public DecisionInput deserialize(DataInputView in) throws IOException {
      StateFormat.expect(FORMAT, in.readByte(), DecisionInput.class);
      int kind = in.readByte();
      InputMetadata metadata = InputMetadata.read(in);
      return switch (kind) {
        case ENRICHED ->
            new Enriched(
                metadata, BinaryRecords.readTransaction(in), BinaryRecords.readProduct(in));
        case ENRICHED_WITH_ADDITIONS ->
            new Enriched(
                metadata,
                BinaryRecords.readTransaction(in),
                BinaryRecords.readProduct(in),
                BinaryRecords.readAdditions(in));
        case REFUSED ->
            new Refused(
                metadata,
                BinaryCodec.readText(in),
                BinaryCodec.readText(in),
                RejectionReason.valueOf(BinaryCodec.readText(in)),
                BinaryCodec.readText(in));
        case UNREADABLE ->
            new Unreadable(
                metadata,
                BinaryCodec.readBytes(in),
                BinaryCodec.readBytes(in),
                DeadLetterCode.valueOf(BinaryCodec.readText(in)),
                BinaryCodec.readText(in));
        case UNREADABLE_WITH_HEADERS ->
            new Unreadable(
                metadata,
                BinaryCodec.readBytes(in),
                BinaryCodec.readBytes(in),
                BinaryCodec.readHeaders(in),
                DeadLetterCode.valueOf(BinaryCodec.readText(in)),
                BinaryCodec.readText(in));
        case ALREADY_DECIDED -> new AlreadyDecided(metadata);
        default -> throw new IOException("no such kind of decision input: " + kind);
      };
    }

    @Override
    public TypeSerializerSnapshot<DecisionInput> snapshotConfiguration() {
      return new Snapshot();
    }

    /** Finds the serializer again on restore. */
    public static final class Snapshot extends SimpleTypeSerializerSnapshot<DecisionInput> {
      public Snapshot() {
        super(() -> INSTANCE);
      }
    }
  }
}
