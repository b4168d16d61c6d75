package io.turnstile.clients;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

class RecordSizeTest {

  @Test
  void everyPartOfARecordCountsInBytesAndNullForNothing() {
    ProducerRecord<byte[], byte[]> record = new ProducerRecord<>("t", null, null);
    long empty = RecordSize.upperBound(record);
    assertThat(RecordSize.upperBound(new ProducerRecord<>("t", new byte[3], new byte[4])))
        .isEqualTo(empty + 7);
    record.headers().add("", null);
    long perHeader = RecordSize.upperBound(record) - empty;
    assertThat(perHeader).isPositive();
    record.headers().add("\u00e9", new byte[5]);
    assertThat(RecordSize.upperBound(record)).isEqualTo(empty + 2 * perHeader + 2 + 5);
  }
}
