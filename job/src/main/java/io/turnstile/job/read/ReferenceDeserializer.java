package io.turnstile.job.read;

import io.turnstile.decision.reference.MalformedReferenceException;
import io.turnstile.decision.reference.MalformedReferenceException.Reason;
import io.turnstile.decision.reference.Reference;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a reference topic's records. Malformed ones are left out, counted by reason, and warned
 * about: in one line a second and partition.
 */
final class ReferenceDeserializer<T> implements KafkaRecordDeserializationSchema<Reference<T>> {

  private static final Logger LOG = LoggerFactory.getLogger(ReferenceDeserializer.class);
  private static final long WARNING_NANOS = 1_000_000_000;

  private final ReferenceKind<T> kind;
  private final String topic;
  private final AppendTime appendTime;
  private transient Map<Reason, Counter> malformed;
  private transient Map<Integer, Warnings> warnings;

  /** Epoch milliseconds, 0 before the first record. Written by the task, read by reporters. */
  private transient volatile long newestAppendedAt;

  ReferenceDeserializer(ReferenceKind<T> kind, String topic, AppendTime appendTime) {
    this.kind = kind;
    this.topic = topic;
    this.appendTime = appendTime;
  }

  @Override
  public void open(DeserializationSchema.InitializationContext context) {
    MetricGroup metrics = context.getMetricGroup().addGroup("topic", topic);
    metrics.gauge("newestRecordTimeMillis", () -> newestAppendedAt);
    malformed = new EnumMap<>(Reason.class);
    for (Reason reason : Reason.values()) {
      malformed.put(
          reason, metrics.addGroup("reason", reason.name()).counter("malformedReferences"));
    }
    warnings = new HashMap<>();
  }

  @Override
  public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<Reference<T>> out) {
    long appendedAt = appendTime.of(record);
    newestAppendedAt = Math.max(newestAppendedAt, appendedAt);
    try {
      out.collect(
          kind.decoder()
              .decode(
                  record.key(), record.value(), record.partition(), record.offset(), appendedAt));
    } catch (MalformedReferenceException e) {
      malformed.get(e.reason()).inc();
      warnings.computeIfAbsent(record.partition(), partition -> new Warnings()).warn(record, e);
    }
  }

  @Override
  public TypeInformation<Reference<T>> getProducedType() {
    return kind.type();
  }

  /** Of one partition. */
  static final class Warnings {
    private boolean warned;
    private long warnedNanos;
    private long left;

    private void warn(ConsumerRecord<byte[], byte[]> record, MalformedReferenceException e) {
      long more = due(System.nanoTime());
      if (more >= 0) {
        LOG.warn(
            "Ignoring {}/{}/{}, the previous version stays in force: {}, {}; {} more since the last line",
            record.topic(),
            record.partition(),
            record.offset(),
            e.reason(),
            e.getMessage(),
            more);
      }
    }

    /** Returns how many had no line since the last one; negative if this one has none either. */
    long due(long nanoTime) {
      if (warned && nanoTime - warnedNanos < WARNING_NANOS) {
        left++;
        return -1;
      }
      long more = left;
      warned = true;
      warnedNanos = nanoTime;
      left = 0;
      return more;
    }
  }
}
