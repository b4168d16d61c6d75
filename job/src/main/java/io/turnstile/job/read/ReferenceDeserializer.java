package io.turnstile.job.read;

import io.turnstile.decision.reference.Reference;
import io.turnstile.events.Decoded;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.metrics.Counter;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads a reference topic's records; malformed ones are counted, warned about and left out. */
final class ReferenceDeserializer<T> implements KafkaRecordDeserializationSchema<Reference<T>> {

  private static final Logger LOG = LoggerFactory.getLogger(ReferenceDeserializer.class);

  private final ReferenceKind<T> kind;
  private final AppendTime appendTime;
  private transient Counter malformed;

  ReferenceDeserializer(ReferenceKind<T> kind, AppendTime appendTime) {
    this.kind = kind;
    this.appendTime = appendTime;
  }

  @Override
  public void open(DeserializationSchema.InitializationContext context) {
    malformed = context.getMetricGroup().counter("malformedReferences");
  }

  @Override
  public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Reference<T>> out) {
    try {
      out.collect(read(kind, record, appendTime));
    } catch (MalformedReferenceException e) {
      malformed.inc();
      LOG.warn(
          "Ignoring {}/{}/{}, the previous version stays in force: {}",
          record.topic(),
          record.partition(),
          record.offset(),
          e.getMessage());
    }
  }

  @Override
  public TypeInformation<Reference<T>> getProducedType() {
    return kind.type();
  }

  /** A record of a reference topic that cannot be read. */
  static final class MalformedReferenceException extends Exception {
    MalformedReferenceException(String message) {
      super(message);
    }
  }

  /**
   * A record's key.
   *
   * @throws MalformedReferenceException if it is not text
   */
  static String key(ConsumerRecord<byte[], byte[]> record) throws MalformedReferenceException {
    if (record.key() == null || record.key().length == 0) {
      throw new MalformedReferenceException("it has no key");
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(record.key())).toString();
    } catch (CharacterCodingException e) {
      throw new MalformedReferenceException("its key is not UTF-8");
    }
  }

  static <T> Reference<T> read(
      ReferenceKind<T> kind, ConsumerRecord<byte[], byte[]> record, AppendTime appendTime)
      throws MalformedReferenceException {
    String key = key(record);
    T value = null;
    long version = Reference.NO_VERSION;
    if (record.value() != null) {
      Decoded<T> decoded = kind.decode(record.value());
      if (decoded instanceof Decoded.Invalid<T> invalid) {
        throw new MalformedReferenceException(invalid.code() + ", " + invalid.message());
      }
      value = ((Decoded.Valid<T>) decoded).record();
      version = kind.versionOf(value);
      if (!kind.keyOf(value).equals(key)) {
        throw new MalformedReferenceException("its key is not the id in its value");
      }
    }
    return new Reference<>(
        key, value, version, record.partition(), record.offset(), appendTime.of(record));
  }
}
