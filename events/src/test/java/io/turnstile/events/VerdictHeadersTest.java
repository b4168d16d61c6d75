package io.turnstile.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class VerdictHeadersTest {

  @Test
  void namesAndFormAreTheContract() {
    Headers headers = new RecordHeaders();
    VerdictHeaders.write(headers, new SourcePosition("in", 3, 4_000_000_000L), Outcome.DEAD_LETTER);
    assertThat(headers)
        .extracting(h -> h.key() + "=" + new String(h.value(), StandardCharsets.UTF_8))
        .containsExactly(
            "source-topic=in",
            "source-partition=3",
            "source-offset=4000000000",
            "outcome=dead-letter");
  }

  @Test
  void positionIsReadBack() {
    Headers headers = new RecordHeaders();
    SourcePosition position = new SourcePosition("in", 3, Long.MAX_VALUE);
    VerdictHeaders.write(headers, position, Outcome.ACCEPTED);
    assertThat(VerdictHeaders.position(headers)).isEqualTo(position);
    assertThat(VerdictHeaders.required(headers, VerdictHeaders.OUTCOME)).isEqualTo("accepted");
    assertThat(VerdictHeaders.optional(headers, VerdictHeaders.LANE_SEQ)).isNull();
  }

  @Test
  void missingOrDamagedPositionIsRefused() {
    assertThatThrownBy(() -> VerdictHeaders.position(new RecordHeaders()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("source-topic");

    Headers noNumber = new RecordHeaders();
    VerdictHeaders.add(noNumber, VerdictHeaders.SOURCE_TOPIC, "in");
    VerdictHeaders.add(noNumber, VerdictHeaders.SOURCE_PARTITION, "0");
    VerdictHeaders.add(noNumber, VerdictHeaders.SOURCE_OFFSET, "x");
    assertThatThrownBy(() -> VerdictHeaders.position(noNumber))
        .isInstanceOf(IllegalArgumentException.class);

    Headers nullValue = new RecordHeaders().add(VerdictHeaders.SOURCE_TOPIC, null);
    assertThatThrownBy(() -> VerdictHeaders.position(nullValue))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void numberIsReadWithoutText() {
    Headers headers = new RecordHeaders();
    VerdictHeaders.write(
        headers, new SourcePosition("transactions", 12, 9_876_543_210L), Outcome.ACCEPTED);

    assertThat(VerdictHeaders.number(headers, VerdictHeaders.SOURCE_PARTITION)).isEqualTo(12);
    assertThat(VerdictHeaders.number(headers, VerdictHeaders.SOURCE_OFFSET))
        .isEqualTo(9_876_543_210L);
  }

  @Test
  void headerThatIsMissingOrNoNumberIsRefused() {
    for (String other : new String[] {"", "-1", "x", "1.5", "9999999999999999999"}) {
      Headers headers = new RecordHeaders();
      VerdictHeaders.add(headers, VerdictHeaders.SOURCE_OFFSET, other);

      assertThatThrownBy(() -> VerdictHeaders.number(headers, VerdictHeaders.SOURCE_OFFSET))
          .as(other)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("source-offset");
      assertThatThrownBy(() -> VerdictHeaders.number(headers, VerdictHeaders.SOURCE_PARTITION))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("source-partition");
    }
  }

  @Test
  void laneSeqOfARecordThatMayBeAnybodysIsANumberOrNone() {
    assertThat(VerdictHeaders.uncommittedLaneSeq(new RecordHeaders())).isEmpty();
    assertThat(VerdictHeaders.uncommittedLaneSeq(laneSeq("42"))).hasValue(42);
    for (String other : new String[] {"", "x", "-1", "1.5", "9999999999999999999"}) {
      assertThat(VerdictHeaders.uncommittedLaneSeq(laneSeq(other))).as(other).isEmpty();
    }
  }

  private static Headers laneSeq(String value) {
    Headers headers = new RecordHeaders();
    VerdictHeaders.add(headers, VerdictHeaders.LANE_SEQ, value);
    return headers;
  }

  @Test
  void everyOutcomeIsReadBack() {
    for (Outcome outcome : Outcome.values()) {
      assertThat(Outcome.ofHeaderValue(outcome.headerValue())).isEqualTo(outcome);
    }
    assertThatThrownBy(() -> Outcome.ofHeaderValue("ACCEPTED"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void prefixGoesBeforeEveryTopic() {
    TopicNames names = TopicNames.withPrefix("eu-");
    assertThat(names.inputs()).containsExactly("eu-transactions", "eu-inventory", "eu-customers");
    assertThat(names.verdicts())
        .containsExactly("eu-verdicts.accepted", "eu-verdicts.rejected", "eu-verdicts.dead-letter");
    assertThat(Stream.of(Outcome.values()).map(names::verdict))
        .containsExactlyElementsOf(names.verdicts());
    assertThat(TopicNames.withPrefix("")).isEqualTo(TopicNames.DEFAULT);
  }
}
