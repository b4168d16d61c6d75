package io.turnstile.job.commit.journal;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.Outcome;
import io.turnstile.job.decide.Verdict;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;

/** What is held while a commit is in flight is bounded by bytes: all of them must be counted. */
class HeldVerdictsTest {

  private final HeldVerdicts held = new HeldVerdicts();

  @Test
  void smallestInputCountsWhatItsDeadLetterTakes() {
    for (int i = 0; i < 1_000; i++) {
      held.add(deadLetter(null, null, new RecordHeaders()));
    }
    assertThat(held.bytes()).isBetween(200_000L, 1_000_000L);
  }

  @Test
  void keyValueAndHeadersCount() {
    Headers big = new RecordHeaders().add("input.big", new byte[64 << 10]).add("null", null);
    held.add(deadLetter(new byte[1_000], new byte[100_000], big));
    assertThat(held.bytes()).isBetween(166_000L, 168_000L);
  }

  /** A name of one letter takes many times its size. */
  @Test
  void manySmallHeadersCountAsWhatTheyTakeInMemory() {
    Headers headers = new RecordHeaders();
    for (int i = 0; i < 100; i++) {
      headers.add("", new byte[0]);
    }
    held.add(deadLetter(null, null, headers));
    assertThat(held.bytes()).isGreaterThan(10_000);
  }

  @Test
  void nothingIsHeldWhenAllAreTaken() {
    for (int i = 0; i < 10; i++) {
      held.add(deadLetter(new byte[i], new byte[2 * i], new RecordHeaders().add("x", null)));
    }
    while (held.poll() != null) {
      assertThat(held.bytes()).isNotNegative();
    }
    assertThat(held.bytes()).isZero();
    assertThat(held.size()).isZero();
  }

  private static Verdict deadLetter(byte[] key, byte[] value, Headers headers) {
    return new Verdict(
        1,
        Verdicts.source(7),
        Outcome.DEAD_LETTER,
        1,
        key,
        value,
        headers,
        "MALFORMED_JSON",
        "the value is null");
  }
}
