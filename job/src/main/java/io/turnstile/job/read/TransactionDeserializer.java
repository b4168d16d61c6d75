package io.turnstile.job.read;

import io.turnstile.events.InputHeaders;
import io.turnstile.events.SourcePosition;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Keeps a transaction's bytes and headers as they are, with their position and append time. */
final class TransactionDeserializer implements KafkaRecordDeserializationSchema<InputRecord> {

  private final AppendTime appendTime;

  TransactionDeserializer(AppendTime appendTime) {
    this.appendTime = appendTime;
  }

  @Override
  public void deserialize(ConsumerRecord<byte[], byte[]> record, Collector<InputRecord> out) {
    out.collect(input(record, appendTime));
  }

  static InputRecord input(ConsumerRecord<byte[], byte[]> record, AppendTime appendTime) {
    return new InputRecord(
        new SourcePosition(record.topic(), record.partition(), record.offset()),
        appendTime.of(record),
        record.key(),
        record.value(),
        InputHeaders.limit(record.headers()));
  }

  @Override
  public TypeInformation<InputRecord> getProducedType() {
    return InputRecord.TYPE;
  }
}
