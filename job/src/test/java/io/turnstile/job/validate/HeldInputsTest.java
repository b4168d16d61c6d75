package io.turnstile.job.validate;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.SourcePosition;
import io.turnstile.job.read.InputRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

class HeldInputsTest {

  private static final SourcePosition POSITION = new SourcePosition("transactions", 0, 1);

  @Test
  void inputThatWaitsKeepsItsHeaders() {
    InputRecord input = input(new RecordHeaders().add("trace", new byte[] {3}));
    HeldInputs held = new HeldInputs();
    held.add(input);
    assertThat(held.first()).isSameAs(input);
    assertThat(held.all()).containsExactly(input);
  }

  @Test
  void headersCountAsBytes() {
    InputRecord big = input(new RecordHeaders().add("big", new byte[1 << 20]));
    HeldInputs held = new HeldInputs();
    for (int i = 0; i < 15; i++) {
      held.add(big);
      held.add(input(new RecordHeaders().add("null", null)));
    }
    assertThat(held.isFull()).isFalse();
    held.add(big);
    assertThat(held.isFull()).isTrue();
    held.removeFirst();
    assertThat(held.isFull()).isFalse();
  }

  /** A name of one letter takes many times its size. */
  @Test
  void manySmallHeadersCountAsWhatTheyTakeInMemory() {
    RecordHeaders headers = new RecordHeaders();
    for (int i = 0; i < 100_000; i++) {
      headers.add("", new byte[0]);
    }
    HeldInputs held = new HeldInputs();
    held.add(input(headers));
    assertThat(held.isFull()).isFalse();
    held.add(input(headers));
    assertThat(held.isFull()).isTrue();
  }

  private static InputRecord input(Headers headers) {
    return new InputRecord(POSITION, 7, new byte[] {1}, new byte[] {2}, headers);
  }
}
