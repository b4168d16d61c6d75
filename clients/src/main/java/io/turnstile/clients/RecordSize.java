package io.turnstile.clients;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;

/** Size of records in Kafka's log. */
public final class RecordSize {

  /** Upper bound of the bytes of a record and its batch, without key, value and headers. */
  private static final int RECORD_OVERHEAD_BYTES = 128;

  private static final int HEADER_OVERHEAD_BYTES = 10;

  private RecordSize() {}

  /**
   * An upper bound of the bytes that a record takes alone in an uncompressed batch: what is
   * compared with {@code max.message.bytes} of its topic.
   */
  public static long upperBound(ProducerRecord<byte[], byte[]> record) {
    long size = RECORD_OVERHEAD_BYTES + length(record.key()) + length(record.value());
    for (Header header : record.headers()) {
      size += HEADER_OVERHEAD_BYTES;
      size += header.key().getBytes(StandardCharsets.UTF_8).length + length(header.value());
    }
    return size;
  }

  private static long length(byte[] bytes) {
    return bytes == null ? 0 : bytes.length;
  }
}
