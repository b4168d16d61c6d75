package io.turnstile.cli.redrive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.clients.CheckFailedException;
import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.VerdictHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

class RedriveProducerTest {

  private static final Duration TIMEOUT = Duration.ofSeconds(7);

  private final MockProducer<byte[], byte[]> kafka =
      new MockProducer<>(true, null, new ByteArraySerializer(), new ByteArraySerializer()) {

        /** As Kafka's client after a commit that timed out. */
        @Override
        public void abortTransaction() {
          throw new IllegalStateException("commit it again");
        }

        @Override
        public void close(Duration timeout) {
          closedWithin = timeout;
          super.close(timeout);
        }
      };

  private final List<Origin> committed = new ArrayList<>();
  private Duration closedWithin;
  private long nanos = 42;
  private long number;

  private RedriveProducer producer(int rate) {
    RedriveProducer producer =
        new RedriveProducer(
            kafka,
            TopicNames.DEFAULT,
            "id",
            rate,
            TIMEOUT,
            committed::add,
            () -> nanos,
            wait -> nanos += wait);
    producer.takeOver();
    return producer;
  }

  private Origin origin(int bytes) {
    return new Origin(
        new SourcePosition("transactions", 0, number++),
        Outcome.REJECTED,
        "REFERENCE_UNAVAILABLE",
        null,
        null,
        new byte[bytes],
        new RecordHeaders());
  }

  @Test
  void rateIsNeverExceeded() throws Exception {
    try (RedriveProducer producer = producer(50)) {
      for (int i = 0; i < 500; i++) {
        producer.send(origin(1));
      }
      producer.commit();
      assertThat(kafka.history()).hasSize(1_000);
      assertThat(Duration.ofNanos(nanos)).isGreaterThanOrEqualTo(Duration.ofMillis(9_900));
    }
  }

  @Test
  void timeInWhichNothingWasToBeSentIsNotMadeUpFor() throws Exception {
    try (RedriveProducer producer = producer(10)) {
      producer.send(origin(1));
      nanos += Duration.ofHours(1).toNanos();
      long start = nanos;
      for (int i = 0; i < 11; i++) {
        producer.send(origin(1));
      }
      assertThat(Duration.ofNanos(nanos - start)).isEqualTo(Duration.ofSeconds(1));
    }
  }

  @Test
  void transactionIsOpenForNoLongerThanItTakesToSend() throws Exception {
    try (RedriveProducer producer = producer(1_000)) {
      producer.send(origin(1));
      assertThat(kafka.transactionInFlight()).isFalse();
      for (int i = 0; i < 99; i++) {
        producer.send(origin(1));
      }
      assertThat(kafka.history()).hasSize(200);
      assertThat(kafka.commitCount()).isOne();
      assertThat(kafka.transactionInFlight()).isFalse();
    }
  }

  @Test
  void largeInputsAreCommittedEarlier() throws Exception {
    try (RedriveProducer producer = producer(1_000)) {
      producer.send(origin(600_000));
      producer.send(origin(600_000));
      assertThat(kafka.commitCount()).isOne();
    }
  }

  @Test
  void commitThatTimedOutIsNamedAndNothingIsWaitedForWithoutLimit() {
    assertThatThrownBy(
            () -> {
              try (RedriveProducer producer = producer(10)) {
                producer.send(origin(1));
                kafka.commitTransactionException = new TimeoutException("no answer");
                producer.send(origin(1));
              }
            })
        .isInstanceOf(TimeoutException.class)
        .hasMessage("no answer")
        .satisfies(
            e ->
                assertThat(e.getSuppressed())
                    .singleElement()
                    .isInstanceOf(IllegalStateException.class));
    assertThat(closedWithin).isEqualTo(TIMEOUT);
  }

  @Test
  void onlyWhatIsCommittedCountsAsSent() throws Exception {
    try (RedriveProducer producer = producer(20)) {
      producer.send(origin(1));
      assertThat(committed).isEmpty();
      producer.send(origin(1));
      assertThat(committed).hasSize(2);
      producer.send(origin(1));
      kafka.fenceProducer();
      assertThatThrownBy(producer::commit).isInstanceOf(CheckFailedException.class);
    }
    assertThat(committed).hasSize(2);
  }

  @Test
  void markSaysWhichTopicItIsAbout() throws Exception {
    try (RedriveProducer producer = producer(10)) {
      producer.send(origin(1));
    }
    assertThat(VerdictHeaders.required(kafka.history().get(1).headers(), "topic-id"))
        .isEqualTo("id");
  }

  @Test
  void whatIsKeptIsNotSentByClosing() throws Exception {
    RedriveProducer producer = producer(1_000);
    producer.send(origin(1));
    producer.close();
    assertThat(kafka.history()).isEmpty();
    assertThat(kafka.closed()).isTrue();
  }
}
