package io.turnstile.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class InputHeadersTest {

  private static final String LARGE = "x".repeat(InputHeaders.MAX_BYTES);

  @Test
  void namesAreTheContract() {
    assertThat(InputHeaders.REDRIVE_OF).isEqualTo("redrive-of");
    assertThat(InputHeaders.FIRST_RECEIVED_AT).isEqualTo("redrive-first-received-at");
    assertThat(texts(InputHeaders.toDeadLetter(headers("traceparent", "00-1", "big", LARGE))))
        .containsExactly("input.traceparent=00-1", "input-headers-dropped=1");
  }

  @Test
  void namesThatComeSeveralTimesKeepTheirOrder() {
    Headers input = headers("a", "1", "b", "2", "a", "3").add("n", null);
    Headers carried = InputHeaders.toDeadLetter(input);
    assertThat(texts(carried))
        .containsExactly("input.a=1", "input.b=2", "input.a=3", "input.n=null");
    assertThat(InputHeaders.fromDeadLetter(carried)).isEqualTo(input);
  }

  @Test
  void whatIsTooMuchIsCountedAndWhatComesAfterItAndFitsIsKept() {
    Headers carried =
        InputHeaders.toDeadLetter(headers("a", "1", "b", LARGE, "c", LARGE, "d", "4"));
    assertThat(texts(carried)).containsExactly("input.a=1", "input.d=4", "input-headers-dropped=2");
  }

  @Test
  void exactlyTheLimitFits() {
    String name = "n";
    String value = "x".repeat(InputHeaders.MAX_BYTES - "input.n".length());
    assertThat(texts(InputHeaders.toDeadLetter(headers(name, value)))).hasSize(1);
    assertThat(texts(InputHeaders.toDeadLetter(headers(name, value + "x"))))
        .containsExactly("input-headers-dropped=1");
    assertThat(texts(InputHeaders.toDeadLetter(headers("\u00e9", value.substring(1))))).hasSize(1);
    assertThat(texts(InputHeaders.toDeadLetter(headers("\u00e9", value))))
        .as("bytes are counted, not characters")
        .containsExactly("input-headers-dropped=1");
  }

  @Test
  void floodOfEmptyHeadersIsCutAndCounted() {
    Headers carried = InputHeaders.toDeadLetter(empty(100_000));
    assertThat(carried.toArray()).hasSize(InputHeaders.MAX_HEADERS + 1);
    assertThat(VerdictHeaders.number(carried, InputHeaders.DROPPED))
        .isEqualTo(100_000 - InputHeaders.MAX_HEADERS);
  }

  @Test
  void headersThatWereLimitedGiveTheSameDeadLetter() {
    for (int count : new int[] {0, 1, 99, 100, 101, 102, 5_000}) {
      Headers input = empty(count);
      VerdictHeaders.add(input, InputHeaders.DROPPED, "7");
      for (Headers each : List.of(empty(count), input)) {
        Headers limited = InputHeaders.limit(each);
        assertThat(limited.toArray().length).isLessThanOrEqualTo(InputHeaders.MAX_HEADERS + 1);
        assertThat(InputHeaders.limit(limited)).as("%d once more", count).isEqualTo(limited);
        assertThat(InputHeaders.toDeadLetter(limited))
            .as("%d", count)
            .isEqualTo(InputHeaders.toDeadLetter(each));
      }
    }
  }

  @Test
  void noNumberInPlaceOfTheCountIsOneHeader() {
    for (String other : new String[] {"", "x", "-5", "0"}) {
      Headers input = empty(InputHeaders.MAX_HEADERS);
      VerdictHeaders.add(input, InputHeaders.DROPPED, other);
      Headers carried = InputHeaders.toDeadLetter(input);
      assertThat(VerdictHeaders.number(carried, InputHeaders.DROPPED)).as(other).isOne();
      assertThat(InputHeaders.toDeadLetter(InputHeaders.limit(input))).isEqualTo(carried);
    }
  }

  private static Headers empty(int count) {
    Headers headers = new RecordHeaders();
    for (int i = 0; i < count; i++) {
      headers.add("", null);
    }
    return headers;
  }

  @Test
  void headersOfAnInputAreNeverThoseOfItsVerdict() {
    SourcePosition position = new SourcePosition("in", 1, 2);
    Headers forged = new RecordHeaders();
    VerdictHeaders.write(forged, new SourcePosition("in", 9, 9), Outcome.ACCEPTED);
    VerdictHeaders.add(forged, VerdictHeaders.LANE_SEQ, "9");
    VerdictHeaders.add(forged, InputHeaders.DROPPED, "9");
    Headers deadLetter = new RecordHeaders();
    VerdictHeaders.write(deadLetter, position, Outcome.DEAD_LETTER);
    InputHeaders.toDeadLetter(forged).forEach(deadLetter::add);

    assertThat(VerdictHeaders.position(deadLetter)).isEqualTo(position);
    assertThat(VerdictHeaders.required(deadLetter, VerdictHeaders.OUTCOME))
        .isEqualTo("dead-letter");
    assertThat(VerdictHeaders.optional(deadLetter, VerdictHeaders.LANE_SEQ)).isNull();
    assertThat(VerdictHeaders.optional(deadLetter, InputHeaders.DROPPED)).isNull();
    assertThat(InputHeaders.carried(deadLetter)).isEqualTo(InputHeaders.toDeadLetter(forged));
    assertThat(InputHeaders.fromDeadLetter(deadLetter)).isEqualTo(forged);
  }

  @Test
  void verdictWithoutThemIsToldFromOneThatHasThem() {
    Headers verdict = new RecordHeaders();
    VerdictHeaders.write(verdict, new SourcePosition("in", 1, 2), Outcome.REJECTED);
    assertThat(InputHeaders.areIn(verdict)).isFalse();
    assertThat(InputHeaders.areIn(InputHeaders.toDeadLetter(headers("a", "1")))).isTrue();
    assertThat(InputHeaders.areIn(InputHeaders.toDeadLetter(headers("a", LARGE)))).isTrue();
  }

  private static Headers headers(String... namesAndValues) {
    Headers headers = new RecordHeaders();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      VerdictHeaders.add(headers, namesAndValues[i], namesAndValues[i + 1]);
    }
    return headers;
  }

  private static Stream<String> texts(Headers headers) {
    return StreamSupport.stream(headers.spliterator(), false).map(InputHeadersTest::text);
  }

  private static String text(Header header) {
    return header.key() + "=" + (header.value() == null ? null : new String(header.value(), UTF_8));
  }
}
