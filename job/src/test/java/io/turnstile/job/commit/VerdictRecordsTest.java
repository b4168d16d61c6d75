package io.turnstile.job.commit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.InputHeaders;
import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.VerdictHeaders;
import io.turnstile.job.decide.Verdict;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

/** What both commit modes write. */
class VerdictRecordsTest {

  private static final SourcePosition POSITION = new SourcePosition("transactions", 3, 42);

  private final VerdictRecords records = new VerdictRecords(TopicNames.DEFAULT);

  @Test
  void deadLetterHasTheHeadersOfItsInputAndItsOwn() {
    Headers input = new RecordHeaders().add("traceparent", "00-1".getBytes(UTF_8)).add("x", null);
    ProducerRecord<byte[], byte[]> record = records.toRecord(deadLetter(input));
    assertThat(record.topic()).isEqualTo("verdicts.dead-letter");
    assertThat(record.headers())
        .extracting(
            each ->
                each.key() + "=" + (each.value() == null ? null : new String(each.value(), UTF_8)))
        .containsExactly(
            "input.traceparent=00-1",
            "input.x=null",
            "source-topic=transactions",
            "source-partition=3",
            "source-offset=42",
            "outcome=dead-letter",
            "error-code=MALFORMED_JSON",
            "error-message=why");
  }

  /** The tail of the journal is read back by these. */
  @Test
  void headersOfAnInputNeverSpeakForItsVerdict() {
    Headers forged = new RecordHeaders();
    VerdictHeaders.write(forged, new SourcePosition("transactions", 9, 9), Outcome.ACCEPTED);
    VerdictHeaders.add(forged, VerdictHeaders.LANE_SEQ, "9");
    VerdictHeaders.add(forged, VerdictHeaders.ERROR_CODE, "TOO_LARGE");
    Headers headers = records.toRecord(deadLetter(forged)).headers();
    assertThat(VerdictHeaders.position(headers)).isEqualTo(POSITION);
    assertThat(VerdictHeaders.required(headers, VerdictHeaders.OUTCOME)).isEqualTo("dead-letter");
    assertThat(VerdictHeaders.required(headers, VerdictHeaders.ERROR_CODE))
        .isEqualTo("MALFORMED_JSON");
    assertThat(VerdictHeaders.uncommittedLaneSeq(headers)).isEmpty();
  }

  private static Verdict deadLetter(Headers input) {
    return new Verdict(
        0,
        POSITION,
        Outcome.DEAD_LETTER,
        1,
        null,
        null,
        InputHeaders.toDeadLetter(input),
        "MALFORMED_JSON",
        "why");
  }
}
