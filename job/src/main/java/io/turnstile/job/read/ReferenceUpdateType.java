package io.turnstile.job.read;

import io.turnstile.decision.reference.NamedReference;
import io.turnstile.decision.reference.Reference;
import io.turnstile.decision.reference.ReferenceUpdate;
import io.turnstile.events.ReferenceDocument;
import io.turnstile.job.codec.BinaryCodec;
import io.turnstile.job.codec.RecordSerializer;
import io.turnstile.job.codec.RecordType;
import java.io.IOException;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;

/** Type of a stream in which the records of a main reference topic and of named ones flow. */
public final class ReferenceUpdateType {

  private ReferenceUpdateType() {}

  /** The type for a kind of main topic. */
  public static <T> RecordType<ReferenceUpdate> of(ReferenceKind<T> main) {
    return new RecordType<>(ReferenceUpdate.class, new Serializer<>(main));
  }

  /** Binary form in flight; never in state. */
  private static final class Serializer<T> extends RecordSerializer<ReferenceUpdate> {

    private final ReferenceKind<T> main;

    private Serializer(ReferenceKind<T> main) {
      this.main = main;
    }

    @Override
    public void serialize(ReferenceUpdate update, DataOutputView out) throws IOException {
      if (update instanceof NamedReference named) {
        BinaryCodec.writeText(named.name(), out);
        ReferenceKind.OF_PRODUCT.serializer().serialize(named.reference(), out);
      } else {
        BinaryCodec.writeText(null, out);
        main.serializer().serialize(ofMain(update), out);
      }
    }

    /** Whoever makes the stream puts only the one kind into it. */
    @SuppressWarnings("unchecked")
    private Reference<T> ofMain(ReferenceUpdate update) {
      return (Reference<T>) update;
    }

    @Override
    public ReferenceUpdate deserialize(DataInputView in) throws IOException {
      String name = BinaryCodec.readText(in);
      if (name == null) {
        return main.serializer().deserialize(in);
      }
      Reference<ReferenceDocument> reference =
          ReferenceKind.OF_PRODUCT.serializer().deserialize(in);
      return new NamedReference(name, reference);
    }

    @Override
    public TypeSerializerSnapshot<ReferenceUpdate> snapshotConfiguration() {
      throw new UnsupportedOperationException("updates are in flight only");
    }
  }
}
