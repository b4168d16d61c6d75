package io.turnstile.job.read;

import io.turnstile.job.failure.PermanentFailure;
import java.io.Serializable;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.record.TimestampType;

/**
 * The time that everything is judged by: it must come from the broker, a producer could forge it.
 */
record AppendTime(boolean trustProducer) implements Serializable {

  /**
   * A record's time, epoch milliseconds.
   *
   * @throws SuppressRestartsException if its producer set it and is not trusted
   */
  long of(ConsumerRecord<?, ?> record) {
    if (record.timestampType() != TimestampType.LOG_APPEND_TIME && !trustProducer) {
      throw PermanentFailure.of(
          "the timestamp of "
              + record.topic()
              + "/"
              + record.partition()
              + "/"
              + record.offset()
              + " was not set by the broker: set message.timestamp.type=LogAppendTime on the"
              + " topic, or give --trust-producer-time");
    }
    return record.timestamp();
  }
}
