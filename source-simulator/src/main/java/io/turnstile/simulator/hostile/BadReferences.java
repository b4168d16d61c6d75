package io.turnstile.simulator.hostile;

import static io.turnstile.simulator.hostile.BadValues.bytes;

import io.turnstile.events.TopicNames;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;

/** Records of the topics of products and customers, about nobody's but the attacker's own. */
final class BadReferences {

  /** So many products and customers at most: the topics are compacted by key. */
  private static final int KEYS = 500;

  private static final int LARGE = 900_000;

  private final TopicNames topics;
  private final String prefix;
  private final byte[] large = bytes("{\"name\":\"" + "x".repeat(LARGE) + "\"}");

  BadReferences(TopicNames topics, String run) {
    this.topics = topics;
    prefix = "hostile-" + run + "-";
  }

  Shot malformedProduct(long n) {
    return Shot.undecided(new ProducerRecord<>(topics.inventory(), key(n), malformed(n)));
  }

  Shot malformedCustomer(long n) {
    return Shot.undecided(new ProducerRecord<>(topics.customers(), key(n), malformed(n)));
  }

  Shot largeProduct(long n) {
    return Shot.undecided(new ProducerRecord<>(topics.inventory(), key(n), large));
  }

  /** Versions that no later one can exceed, or that each one exceeds, and deletes. */
  Shot versionOrDelete(long n) {
    byte[] value =
        switch ((int) (n / KEYS % 4)) {
          case 0 -> bytes(product(n, Long.MAX_VALUE));
          case 1 -> null;
          case 2 -> bytes(product(n, Long.MIN_VALUE));
          default -> bytes(product(n, -1));
        };
    return Shot.undecided(new ProducerRecord<>(topics.inventory(), key(n), value));
  }

  /** A new version, as good as any. */
  Shot product(long n) {
    return Shot.undecided(
        new ProducerRecord<>(
            topics.inventory(), key(n), bytes(product(n, System.currentTimeMillis()))));
  }

  private static byte[] malformed(long n) {
    List<byte[]> values = BadValues.notJson();
    // Not the first two: to a reference topic these mean a delete.
    return values.get(2 + (int) (n % (values.size() - 2)));
  }

  private byte[] key(long n) {
    return bytes(id(n));
  }

  private String id(long n) {
    return prefix + n % KEYS;
  }

  private String product(long n, long version) {
    String json =
        "{'product_id':'%s','name':'x','category':'x','unit_price':1,'currency':'EUR',"
            + "'stock':1,'version':%d,'updated_at':0}";
    return json.replace('\'', '"').formatted(id(n), version);
  }
}
