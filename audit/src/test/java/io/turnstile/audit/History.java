package io.turnstile.audit;

import io.turnstile.events.Accepted;
import io.turnstile.events.Additions;
import io.turnstile.events.ContentHash;
import io.turnstile.events.Customer;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.InputHeaders;
import io.turnstile.events.LedgerEntry;
import io.turnstile.events.Outcome;
import io.turnstile.events.PriorAcceptance;
import io.turnstile.events.Product;
import io.turnstile.events.Rejected;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.TopicNames;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.events.VerdictCodec;
import io.turnstile.events.VerdictHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/**
 * A history of inputs and verdicts in the making: a job that always does as it is told. What it
 * wrote may be altered before it is put into topics. Not thread-safe.
 */
final class History {

  static final int LANES = 3;
  static final int SOURCES = 2;
  static final TopicNames NAMES = TopicNames.DEFAULT;

  /** Every so many-th offset holds no input: a commit marker. */
  static final int GAP_EVERY = 7;

  static final long START = 1_700_000_000_000L;

  /**
   * An input as it is in the transactions topic.
   *
   * @param transaction null if it is malformed
   */
  record Input(ConsumerRecord<byte[], byte[]> record, Transaction transaction) {

    SourcePosition position() {
      return new SourcePosition(record.topic(), record.partition(), record.offset());
    }
  }

  /** A verdict; its record has no offset yet. */
  record Written(Outcome topic, ConsumerRecord<byte[], byte[]> record) {

    /** The same in another topic or lane, or with another key or value. */
    Written as(Outcome otherTopic, int lane, byte[] key, byte[] value) {
      return new Written(
          otherTopic,
          History.record(
              NAMES.verdict(otherTopic),
              lane,
              record.offset(),
              record.timestamp(),
              key,
              value,
              new RecordHeaders(record.headers().toArray())));
    }

    Written in(Outcome other) {
      return as(other, record.partition(), record.key(), record.value());
    }

    Written inLane(int other) {
      return as(topic, other, record.key(), record.value());
    }

    Written withKey(byte[] other) {
      return as(topic, record.partition(), other, record.value());
    }

    Written withValue(byte[] other) {
      return as(topic, record.partition(), record.key(), other);
    }

    /** The same with another header, or without it if the text is null. */
    Written withHeader(String name, String text) {
      Written changed = withKey(record.key());
      changed.record().headers().remove(name);
      if (text != null) {
        VerdictHeaders.add(changed.record().headers(), name, text);
      }
      return changed;
    }

    /** The same at the place where it will be. */
    ConsumerRecord<byte[], byte[]> at(long offset) {
      return History.record(
          record.topic(),
          record.partition(),
          offset,
          record.timestamp(),
          record.key(),
          record.value(),
          record.headers());
    }
  }

  final List<Input> inputs = new ArrayList<>();
  final List<Written> verdicts = new ArrayList<>();
  final List<LedgerEntry> ledger = new ArrayList<>();
  private final long[] nextOffset = new long[SOURCES];
  private final long[] laneSeq = new long[LANES];
  private final boolean withLaneSeq;
  private long now = START;

  History(boolean withLaneSeq) {
    this.withLaneSeq = withLaneSeq;
  }

  /** Lets time pass. */
  History pass(long millis) {
    now += millis;
    return this;
  }

  static Transaction transaction(String id, String customer, long amount) {
    return new Transaction(id, customer, "p-1", 2, amount, "EUR", START - 5_000, "a.b.c");
  }

  Input send(Transaction transaction) {
    return send(utf8(transaction.customerId()), TransactionCodec.encode(transaction), transaction);
  }

  Input sendMalformed(String key, String value) {
    return send(key == null ? null : utf8(key), value == null ? null : utf8(value), null);
  }

  /** Sends a record; its ledger-seq is its number. */
  Input send(byte[] key, byte[] value, Transaction transaction) {
    int partition = inputs.size() % SOURCES;
    long offset = nextOffset[partition]++;
    if (offset % GAP_EVERY == GAP_EVERY - 1) {
      offset = nextOffset[partition]++;
    }
    Headers headers = new RecordHeaders();
    VerdictHeaders.add(headers, LedgerEntry.HEADER, Integer.toString(inputs.size()));
    Input input =
        new Input(
            record(NAMES.transactions(), partition, offset, now++, key, value, headers),
            transaction);
    inputs.add(input);
    return input;
  }

  /** Sends an input again as {@code redrive} does: with its headers, its ledger-seq among them. */
  Input redrive(Input origin) {
    Input again = send(origin.record().key(), origin.record().value(), origin.transaction());
    Headers headers = again.record().headers();
    headers.remove(LedgerEntry.HEADER);
    origin.record().headers().forEach(headers::add);
    VerdictHeaders.add(headers, InputHeaders.REDRIVE_OF, origin.position().toString());
    return again;
  }

  /** Writes a line of the ledger about an input. */
  void expect(Input input, long group, int acceptances, String... allowed) {
    ledger.add(new LedgerEntry(inputs.indexOf(input), group, acceptances, Set.of(allowed)));
  }

  Written accept(Input input) {
    return accept(input, Additions.NONE);
  }

  Written accept(Input input, Additions additions) {
    Transaction transaction = input.transaction();
    return write(
        Outcome.ACCEPTED,
        input,
        utf8(transaction.customerId()),
        VerdictCodec.encode(
            new Accepted(
                transaction,
                new Product(transaction.productId(), "Lamp", "home", 100, "EUR", 5, 1, START),
                transaction.amount() % 2 == 0
                    ? null
                    : new Customer(transaction.customerId(), "Ann", "gold", "AT", 1, START),
                ContentHash.of(transaction),
                input.record().timestamp(),
                now,
                additions)),
        transaction.customerId());
  }

  Written reject(Input input, RejectionReason reason) {
    return reject(input, reason, null);
  }

  /** Rejects a duplicate that names an acceptance. */
  Written repeat(Input input, PriorAcceptance acceptance) {
    return reject(input, RejectionReason.DUPLICATE_ID, acceptance);
  }

  /** What a duplicate says of an acceptance. */
  static PriorAcceptance named(Written accepted) {
    SourcePosition position = VerdictHeaders.position(accepted.record().headers());
    VerdictCodec.Acceptance acceptance = VerdictCodec.decodeAcceptance(accepted.record().value());
    return new PriorAcceptance(
        position.partition(), position.offset(), acceptance.receivedAt(), acceptance.decidedAt());
  }

  private Written reject(Input input, RejectionReason reason, PriorAcceptance acceptance) {
    Transaction transaction = input.transaction();
    return write(
        Outcome.REJECTED,
        input,
        utf8(transaction.customerId()),
        VerdictCodec.encode(
            new Rejected(
                transaction.transactionId(),
                transaction.customerId(),
                reason,
                "because",
                input.record().timestamp(),
                now,
                acceptance)),
        transaction.customerId());
  }

  Written deadLetter(Input input, DeadLetterCode code) {
    Written written =
        write(
            Outcome.DEAD_LETTER,
            input,
            input.record().key(),
            input.record().value(),
            input.position().toString());
    InputHeaders.toDeadLetter(input.record().headers()).forEach(written.record().headers()::add);
    VerdictHeaders.add(written.record().headers(), VerdictHeaders.ERROR_CODE, code.name());
    VerdictHeaders.add(written.record().headers(), VerdictHeaders.ERROR_MESSAGE, "because");
    return written;
  }

  private Written write(Outcome outcome, Input input, byte[] key, byte[] value, String routingKey) {
    int lane = Math.floorMod(routingKey.hashCode(), LANES);
    Headers headers = new RecordHeaders();
    VerdictHeaders.write(headers, input.position(), outcome);
    if (withLaneSeq) {
      VerdictHeaders.add(headers, VerdictHeaders.LANE_SEQ, Long.toString(++laneSeq[lane]));
    }
    Written written =
        new Written(outcome, record(NAMES.verdict(outcome), lane, 0, now++, key, value, headers));
    verdicts.add(written);
    return written;
  }

  /** Replaces a verdict. */
  void replace(Written old, Written changed) {
    verdicts.set(verdicts.indexOf(old), changed);
  }

  /** The topics as they are now. */
  MemoryLog log() {
    MemoryLog log = new MemoryLog();
    log.create(NAMES.transactions(), SOURCES);
    NAMES.verdicts().forEach(topic -> log.create(topic, LANES));
    inputs.forEach(input -> log.append(input.record()));
    Map<TopicPartition, Long> offsets = new HashMap<>();
    for (Written verdict : verdicts) {
      // Every second offset is a commit marker.
      TopicPartition partition =
          new TopicPartition(verdict.record().topic(), verdict.record().partition());
      log.append(verdict.at(offsets.merge(partition, 2L, Long::sum) - 2));
    }
    return log;
  }

  private static ConsumerRecord<byte[], byte[]> record(
      String topic,
      int partition,
      long offset,
      long timestamp,
      byte[] key,
      byte[] value,
      Headers headers) {
    return new ConsumerRecord<>(
        topic,
        partition,
        offset,
        timestamp,
        TimestampType.LOG_APPEND_TIME,
        key == null ? -1 : key.length,
        value == null ? -1 : value.length,
        key,
        value,
        headers,
        Optional.empty());
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
