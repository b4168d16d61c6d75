package io.turnstile.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.VerdictHeaders;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class VerdictsCommandTest {

  @Test
  void lineHasTheVerdictAsItIs() {
    ConsumerRecord<byte[], byte[]> verdict =
        verdict(Outcome.ACCEPTED, "{\"transaction_id\":\"t\",\"references\":{\"hazmat\":null}}");

    assertThat(VerdictsCommand.line("ACCEPTED", verdict))
        .isEqualTo(
            "{\"code\":\"ACCEPTED\",\"source_topic\":\"transactions\",\"source_partition\":2,"
                + "\"source_offset\":4711,"
                + "\"verdict\":{\"transaction_id\":\"t\",\"references\":{\"hazmat\":null}}}");
  }

  @Test
  void lineOfADeadLetterHasTheReasonAndNotTheBytes() {
    ConsumerRecord<byte[], byte[]> verdict = verdict(Outcome.DEAD_LETTER, "\u0000 no JSON");
    VerdictHeaders.add(verdict.headers(), VerdictHeaders.ERROR_MESSAGE, "not JSON: \"x\"");

    assertThat(VerdictsCommand.line("MALFORMED_JSON", verdict))
        .endsWith("\"source_offset\":4711,\"message\":\"not JSON: \\\"x\\\"\"}");
  }

  private static ConsumerRecord<byte[], byte[]> verdict(Outcome outcome, String value) {
    ConsumerRecord<byte[], byte[]> verdict =
        new ConsumerRecord<>("verdicts", 0, 0, null, value.getBytes(UTF_8));
    VerdictHeaders.write(verdict.headers(), new SourcePosition("transactions", 2, 4711), outcome);
    return verdict;
  }
}
