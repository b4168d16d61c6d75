package io.turnstile.job.read;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.InputHeaders;
import io.turnstile.events.SourcePosition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

class TransactionDeserializerTest {

  @Test
  void inputIsWhatTheRecordIs() {
    Headers headers = new RecordHeaders().add("traceparent", new byte[] {3}).add("x", null);
    InputRecord input = deserialized(headers);
    assertThat(input.position()).isEqualTo(new SourcePosition("transactions", 2, 42));
    assertThat(input.receivedAt()).isEqualTo(1_000);
    assertThat(input.key()).containsExactly(1);
    assertThat(input.value()).containsExactly(2);
    assertThat(input.headers()).isEqualTo(headers);
  }

  @Test
  void floodOfHeadersIsCutAndItsDeadLetterCountsThemAll() {
    Headers headers = new RecordHeaders();
    for (int i = 0; i < 10_000; i++) {
      headers.add("", null);
    }
    InputRecord input = deserialized(headers);
    assertThat(input.headers()).hasSize(InputHeaders.MAX_HEADERS + 1);
    assertThat(InputHeaders.toDeadLetter(input.headers()))
        .isEqualTo(InputHeaders.toDeadLetter(headers));
  }

  private static InputRecord deserialized(Headers headers) {
    List<InputRecord> inputs = new ArrayList<>();
    new TransactionDeserializer(new AppendTime(false))
        .deserialize(
            new ConsumerRecord<>(
                "transactions",
                2,
                42,
                1_000,
                TimestampType.LOG_APPEND_TIME,
                1,
                1,
                new byte[] {1},
                new byte[] {2},
                headers,
                Optional.empty()),
            new ListCollector<>(inputs));
    assertThat(inputs).hasSize(1);
    return inputs.get(0);
  }
}
