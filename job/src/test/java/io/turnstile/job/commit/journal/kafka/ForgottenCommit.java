package io.turnstile.job.commit.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.ClientUtils;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.MemoryRecords;
import org.apache.kafka.common.record.SimpleRecord;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.apache.kafka.common.requests.RequestHeader;

/**
 * Leaves a partition as a commit does that Kafka has forgotten to mark there (KAFKA-20734): it
 * holds a record in a transaction of a producer, and the transaction coordinator knows of none. The
 * record is sent as by a client that is to tell the coordinator itself, and does not.
 */
public final class ForgottenCommit {

  /** For a broker that does not ask the coordinator about such clients. */
  public static final Map<String, String> BROKER_CONFIG =
      Map.of("transaction.partition.verification.enable", "false");

  private static final short ALL_REPLICAS = -1;
  private static final int TIMEOUT_MILLIS = 30_000;

  private ForgottenCommit() {}

  /**
   * Leaves a record behind.
   *
   * @param transactionalId of the producer, which has no transaction open
   */
  public static void leave(
      TestBroker broker, String transactionalId, ProducerRecord<byte[], byte[]> record)
      throws Exception {
    TransactionDescription producer =
        broker
            .admin()
            .describeTransactions(List.of(transactionalId))
            .description(transactionalId)
            .get();
    ProduceRequestData.TopicProduceDataCollection topics =
        new ProduceRequestData.TopicProduceDataCollection();
    topics.add(
        new ProduceRequestData.TopicProduceData()
            .setName(record.topic())
            .setPartitionData(
                List.of(
                    new ProduceRequestData.PartitionProduceData()
                        .setIndex(record.partition())
                        .setRecords(
                            MemoryRecords.withTransactionalRecords(
                                Compression.NONE,
                                producer.producerId(),
                                (short) producer.producerEpoch(),
                                0,
                                new SimpleRecord(
                                    System.currentTimeMillis(), record.key(), record.value()))))));
    ProduceRequestData data =
        new ProduceRequestData()
            .setTransactionalId(transactionalId)
            .setAcks(ALL_REPLICAS)
            .setTimeoutMs(TIMEOUT_MILLIS)
            .setTopicData(topics);
    short version = ProduceRequest.LAST_STABLE_VERSION_BEFORE_TRANSACTION_V2;
    RequestHeader header = new RequestHeader(ApiKeys.PRODUCE, version, "forgotten", 1);
    ByteBuffer answer =
        ask(
            broker.testbed().bootstrapServers(),
            new ProduceRequest(data, version).serializeWithHeader(header));
    assertThat(AbstractResponse.parseResponse(answer, header).errorCounts().keySet())
        .extracting(Enum::name)
        .containsExactly("NONE");
  }

  private static ByteBuffer ask(String address, ByteBuffer request) throws Exception {
    InetSocketAddress broker =
        ClientUtils.parseAndValidateAddresses(List.of(address), "use_all_dns_ips").get(0);
    try (Socket socket = new Socket(broker.getAddress(), broker.getPort())) {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      out.writeInt(request.remaining());
      out.write(request.array(), request.arrayOffset() + request.position(), request.remaining());
      DataInputStream in = new DataInputStream(socket.getInputStream());
      return ByteBuffer.wrap(in.readNBytes(in.readInt()));
    }
  }
}
