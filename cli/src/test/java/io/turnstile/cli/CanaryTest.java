package io.turnstile.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import io.turnstile.clients.CheckFailedException;
import io.turnstile.clients.CommittedVerdicts;
import io.turnstile.clients.TokenClaims;
import io.turnstile.clients.TokenSigner;
import io.turnstile.events.Outcome;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.VerdictHeaders;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a Kafka in memory whose turnstile answers as the test says. */
class CanaryTest {

  private static final TopicNames TOPICS = TopicNames.withPrefix("");

  private final Map<TopicPartition, Long> ends = new HashMap<>();
  private final List<Long> readFrom = new ArrayList<>();
  private final MockConsumer<byte[], byte[]> verdicts = new MockConsumer<>("none");
  private Runnable afterSend = () -> {};

  private final MockProducer<String, byte[]> producer =
      new MockProducer<>(true, null, new StringSerializer(), new ByteArraySerializer()) {
        @Override
        public synchronized Future<RecordMetadata> send(ProducerRecord<String, byte[]> record) {
          Future<RecordMetadata> sent = super.send(record);
          if (record.topic().equals(TOPICS.transactions())) {
            TopicPartition accepted = new TopicPartition(TOPICS.accepted(), 0);
            readFrom.add(verdicts.position(accepted));
            afterSend.run();
          }
          return sent;
        }
      };

  private Canary canary;

  @BeforeEach
  void prepare() throws Exception {
    for (String topic : TOPICS.verdicts()) {
      verdicts.updatePartitions(topic, List.of(new PartitionInfo(topic, 0, null, null, null)));
      ends.put(new TopicPartition(topic, 0), 0L);
    }
    verdicts.updateEndOffsets(ends);
    TokenSigner tokens =
        new TokenSigner(
            new ECKeyGenerator(Curve.P_256).keyID("check").generate(),
            Canary.TOKEN_LIFETIME,
            TokenClaims.NONE);
    canary =
        new Canary(
            producer,
            new CommittedVerdicts<>(verdicts, TOPICS.verdicts()),
            TOPICS,
            tokens,
            Duration.ofMillis(500));
    canary.prepare();
  }

  @Test
  void verdictsOfOthersSinceTheLastOneAreSkipped() throws Exception {
    ends.put(new TopicPartition(TOPICS.accepted(), 0), 1_000_000L);
    verdicts.updateEndOffsets(ends);
    afterSend = () -> accept(1_000_000, 0);
    Canary.Answer answer = canary.submit(Canary.transaction(), Canary.Token.VALID);
    assertThat(answer.code()).isEqualTo("ACCEPTED");
    assertThat(readFrom).containsExactly(1_000_000L);
  }

  @Test
  void recordThatIsNoVerdictIsPassedOver() throws Exception {
    afterSend =
        () -> {
          verdicts.addRecord(new ConsumerRecord<>(TOPICS.accepted(), 0, 0, null, new byte[0]));
          ConsumerRecord<byte[], byte[]> odd =
              new ConsumerRecord<>(TOPICS.accepted(), 0, 1, null, new byte[0]);
          VerdictHeaders.add(odd.headers(), VerdictHeaders.SOURCE_TOPIC, TOPICS.transactions());
          VerdictHeaders.add(odd.headers(), VerdictHeaders.SOURCE_PARTITION, "none");
          verdicts.addRecord(odd);
          accept(2, 0);
        };
    assertThat(canary.submit(Canary.transaction(), Canary.Token.VALID).code())
        .isEqualTo("ACCEPTED");
  }

  @Test
  void verdictOfAnotherInputIsNotTheAnswer() {
    afterSend = () -> accept(0, 77);
    assertThatThrownBy(() -> canary.submit(Canary.transaction(), Canary.Token.VALID))
        .isInstanceOf(CheckFailedException.class)
        .hasMessageContaining("no committed verdict for " + TOPICS.transactions());
  }

  private void accept(long offset, long sourceOffset) {
    ConsumerRecord<byte[], byte[]> verdict =
        new ConsumerRecord<>(TOPICS.accepted(), 0, offset, null, new byte[0]);
    VerdictHeaders.write(
        verdict.headers(),
        new SourcePosition(TOPICS.transactions(), 0, sourceOffset),
        Outcome.ACCEPTED);
    verdicts.addRecord(verdict);
  }
}
