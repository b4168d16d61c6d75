package io.turnstile.audit;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.PriorAcceptance;
import io.turnstile.events.Transaction;
import java.io.IOException;
import java.nio.ByteBuffer;
import net.jpountz.xxhash.XXHash64;
import net.jpountz.xxhash.XXHashFactory;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * A 64-bit hash over a sequence of fields: xxHash64 of their bytes.
 *
 * <p>The length of each text goes in before it, and a seed for each kind of sequence, so that two
 * different sequences never hash the same bytes. That two such byte strings have the same hash is
 * one chance in 2^64 for xxHash64 as long as nobody looks for them: it is not safe against an
 * adversary. It need not be. The two things compared are an input and what a job wrote about it,
 * and a job that is wrong does not choose its error by the hash.
 */
final class Fingerprint {

  private static final XXHash64 HASH = XXHashFactory.safeInstance().hash64();

  private final long seed;
  private ByteBuffer bytes = ByteBuffer.allocate(256);

  private Fingerprint(long seed) {
    this.seed = seed;
  }

  /**
   * Hashes what an accepted verdict must repeat of its input.
   *
   * @param extra hash of the carried fields
   */
  static long ofAccepted(long offset, long receivedAt, Transaction transaction, long extra) {
    return new Fingerprint(1)
        .add(offset)
        .add(receivedAt)
        .add(transaction.transactionId())
        .add(transaction.customerId())
        .add(transaction.productId())
        .add(transaction.quantity())
        .add(transaction.amount())
        .add(transaction.currency())
        .add(transaction.occurredAt())
        .add(extra)
        .value();
  }

  /**
   * Hashes a JSON value, whatever its white space and escapes.
   *
   * @param json stands at its first token, and at its last one afterwards
   */
  static long ofJson(JsonParser json) throws IOException {
    Fingerprint fingerprint = new Fingerprint(5);
    int depth = 0;
    for (JsonToken token = json.currentToken(); ; token = json.nextToken()) {
      if (token == null) {
        throw new IllegalArgumentException("the JSON ends within a value");
      }
      fingerprint.add(token.id()).add(json.getText());
      depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
      if (depth == 0) {
        return fingerprint.value();
      }
    }
  }

  /** Hashes what a rejected verdict must repeat of its input. */
  static long ofRejected(long offset, long receivedAt, String transactionId, String customerId) {
    return new Fingerprint(2)
        .add(offset)
        .add(receivedAt)
        .add(transactionId)
        .add(customerId)
        .value();
  }

  /**
   * Hashes what a dead letter must repeat of its input, and the code that the input deserves.
   *
   * @param headers those of the input, under their names in the dead letter
   */
  static long ofDeadLetter(
      long offset, byte[] key, byte[] value, Headers headers, DeadLetterCode code) {
    Fingerprint fingerprint =
        new Fingerprint(3).add(offset).add(key).add(value).add(OutcomeCode.of(code));
    for (Header header : headers) {
      fingerprint.add(header.key()).add(header.value());
    }
    return fingerprint.value();
  }

  /** Hashes what a duplicate says of the acceptance that it repeats. */
  static long ofAcceptance(PriorAcceptance acceptance, String customerId, String transactionId) {
    return new Fingerprint(4)
        .add(acceptance.sourcePartition())
        .add(acceptance.sourceOffset())
        .add(acceptance.receivedAt())
        .add(acceptance.decidedAt())
        .add(customerId)
        .add(transactionId)
        .value();
  }

  static long ofText(long seed, String first, String second) {
    return new Fingerprint(seed).add(first).add(second).value();
  }

  static long ofText(long seed, String text) {
    return new Fingerprint(seed).add(text).value();
  }

  private Fingerprint add(long number) {
    room(Long.BYTES).putLong(number);
    return this;
  }

  /** Adds the UTF-16 code units: an encoder would turn unpaired surrogates into question marks. */
  private Fingerprint add(String text) {
    add(text.length());
    ByteBuffer units = room(Character.BYTES * text.length());
    for (int i = 0; i < text.length(); i++) {
      units.putChar(text.charAt(i));
    }
    return this;
  }

  private Fingerprint add(byte[] field) {
    if (field == null) {
      return add(-1);
    }
    add(field.length);
    room(field.length).put(field);
    return this;
  }

  private ByteBuffer room(int needed) {
    if (bytes.remaining() < needed) {
      int capacity = Math.max(2 * bytes.capacity(), bytes.position() + needed);
      bytes = ByteBuffer.allocate(capacity).put(bytes.flip());
    }
    return bytes;
  }

  private long value() {
    return HASH.hash(bytes.array(), 0, bytes.position(), seed);
  }
}
