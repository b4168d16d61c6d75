package io.turnstile.job.read;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.job.commit.journal.kafka.TestBroker;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Reading single inputs again, on a real BROKER. */
class KafkaInputsIT {

  private static final Headers HEADERS = new RecordHeaders().add("some", new byte[] {1});
  private static final TopicNames NAMES = TopicNames.withPrefix("again.");

  @RegisterExtension static final TestBroker BROKER = new TestBroker();

  private static Inputs inputs;

  @BeforeAll
  static void start() throws Exception {
    BROKER.createTopics(NAMES, 1);
    Properties client = new Properties();
    client.put("bootstrap.servers", BROKER.testbed().bootstrapServers());
    inputs = new KafkaInputs(client, new AppendTime(false));
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(client, new ByteArraySerializer(), new ByteArraySerializer())) {
      for (byte i = 0; i < 5; i++) {
        byte[] bytes = {i};
        producer.send(new ProducerRecord<>(NAMES.transactions(), 0, bytes, bytes, HEADERS)).get();
      }
    }
    BROKER
        .admin()
        .deleteRecords(
            Map.of(new TopicPartition(NAMES.transactions(), 0), RecordsToDelete.beforeOffset(2)))
        .all()
        .get();
  }

  private static SourcePosition position(long offset) {
    return new SourcePosition(NAMES.transactions(), 0, offset);
  }

  @Test
  void inputIsReadAsItsSourceReadsIt() throws Exception {
    InputRecord input = inputs.at(position(3));
    assertThat(input.position()).isEqualTo(position(3));
    assertThat(input.receivedAt()).isPositive();
    assertThat(input.key()).containsExactly(3);
    assertThat(input.value()).containsExactly(3);
    assertThat(input.headers()).isEqualTo(HEADERS);
  }

  @Test
  void inputThatIsGoneIsSaidToBe() {
    for (long gone : new long[] {1, 7}) {
      assertThatThrownBy(() -> inputs.at(position(gone)))
          .isInstanceOf(NoSuchInputException.class)
          .hasMessage("input again.transactions/0/" + gone + " is no longer in its topic");
    }
  }
}
