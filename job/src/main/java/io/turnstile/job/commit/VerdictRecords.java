package io.turnstile.job.commit;

import io.turnstile.events.TopicNames;
import io.turnstile.events.VerdictHeaders;
import io.turnstile.job.decide.Verdict;
import java.util.Optional;
import java.util.Properties;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.DefaultKafkaDatasetIdentifier;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacet;
import org.apache.flink.connector.kafka.lineage.KafkaDatasetFacetProvider;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * Makes a Kafka record of a verdict. Only a dead letter has headers of its input, and none under
 * its own name: a forged {@code source-offset} would speak of somebody else's input.
 */
public final class VerdictRecords
    implements KafkaRecordSerializationSchema<Verdict>, KafkaDatasetFacetProvider {

  /**
   * Size of the producers' requests, in bytes. Above what a dead letter takes: a topic may still
   * hold larger inputs, of the time when its limit was 4 MiB.
   */
  public static final int MAX_REQUEST_BYTES = 6 << 20;

  private final TopicNames topics;

  public VerdictRecords(TopicNames topics) {
    this.topics = topics;
  }

  @Override
  public ProducerRecord<byte[], byte[]> serialize(
      Verdict verdict, KafkaSinkContext context, Long timestamp) {
    return toRecord(verdict);
  }

  /** The record, without a {@code lane-seq}. */
  public ProducerRecord<byte[], byte[]> toRecord(Verdict verdict) {
    RecordHeaders headers = new RecordHeaders();
    // First: a header is looked for from the end, and there may be thousands of these.
    verdict.inputHeaders().forEach(headers::add);
    VerdictHeaders.write(headers, verdict.position(), verdict.outcome());
    if (verdict.errorCode() != null) {
      VerdictHeaders.add(headers, VerdictHeaders.ERROR_CODE, verdict.errorCode());
      VerdictHeaders.add(headers, VerdictHeaders.ERROR_MESSAGE, verdict.errorMessage());
    }
    return new ProducerRecord<>(
        topics.verdict(verdict.outcome()),
        verdict.lane(),
        null,
        verdict.key(),
        verdict.value(),
        headers);
  }

  /** The sink's pool of transactional ids asks for the topics through the lineage interface. */
  @Override
  public Optional<KafkaDatasetFacet> getKafkaDatasetFacet() {
    return Optional.of(
        new DefaultKafkaDatasetFacet(
            DefaultKafkaDatasetIdentifier.ofTopics(topics.verdicts()), new Properties()));
  }
}
