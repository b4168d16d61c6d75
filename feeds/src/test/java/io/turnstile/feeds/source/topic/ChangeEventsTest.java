package io.turnstile.feeds.source.topic;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.feeds.config.SourceTopic.Envelope;
import io.turnstile.feeds.source.SourceRecord;
import org.junit.jupiter.api.Test;

class ChangeEventsTest {

  private final ChangeEvents plain = new ChangeEvents(Envelope.NONE);
  private final ChangeEvents debezium = new ChangeEvents(Envelope.DEBEZIUM);

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  @Test
  void valueIsTheRecord() {
    SourceRecord record = plain.read(bytes("k"), bytes("{\"id\": 1.50}"));
    assertThat(record.value().get("id").decimalValue()).isEqualByComparingTo("1.5");
    assertThat(record.deleted()).isFalse();
  }

  @Test
  void noValueDeletesByTheKey() {
    assertThat(plain.read(bytes("k"), null)).isEqualTo(SourceRecord.deleted("k"));
    assertThat(plain.read(bytes("\"k\""), bytes("null"))).isEqualTo(SourceRecord.deleted("k"));
    assertThat(plain.read(bytes("{k"), bytes(""))).isEqualTo(SourceRecord.deleted("{k"));
  }

  @Test
  void whatIsNoJsonIsARecordWithoutFields() {
    assertThat(plain.read(bytes("k"), bytes("{")).value().isMissingNode()).isTrue();
    assertThat(debezium.read(bytes("k"), bytes("{")).value().isMissingNode()).isTrue();
  }

  @Test
  void changeIsTheRowBehindItWithItsPlace() {
    String event =
        """
        {"op": "u", "before": {"id": 1, "n": 2}, "after": {"id": 1, "n": 3},
         "source": {"ts_ms": 5, "lsn": 6}}""";
    for (String value : new String[] {event, "{\"schema\": {}, \"payload\": " + event + "}"}) {
      SourceRecord record = debezium.read(bytes("k"), bytes(value));
      assertThat(record.value().toString())
          .isEqualTo("{\"id\":1,\"n\":3,\"__op\":\"u\",\"__ts_ms\":5,\"__lsn\":6}");
      assertThat(record.deleted()).isFalse();
    }
  }

  @Test
  void deletedRowIsTheOneBefore() {
    SourceRecord record =
        debezium.read(
            bytes("k"), bytes("{\"op\": \"d\", \"before\": {\"id\": 1}, \"after\": null}"));
    assertThat(record.deleted()).isTrue();
    assertThat(record.value().get("id").intValue()).isEqualTo(1);
  }

  @Test
  void tombstoneBehindADeleteSaysNothing() {
    assertThat(debezium.read(bytes("k"), null)).isNull();
  }

  @Test
  void truncationIsNoRecord() {
    assertThat(debezium.read(null, bytes("{\"op\": \"t\"}")).value().isMissingNode()).isTrue();
  }
}
