package io.turnstile.bench.peers;

import io.turnstile.decision.codec.BinaryRecords;
import io.turnstile.decision.dedup.Acceptance;
import io.turnstile.decision.dedup.DedupSettings;
import io.turnstile.decision.dedup.DedupStore;
import io.turnstile.events.ContentHash;
import java.time.Duration;
import java.util.List;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

/**
 * What is accepted is remembered in Redis, by {@code SET NX} with an expiry: the recipe that is
 * found everywhere. Redis takes no part in Kafka's transactions: an acceptance stays there whose
 * verdict is never committed, and its input, which comes again, is a duplicate then. Forgets by
 * Redis's clock. Not thread-safe.
 */
final class RedisAcceptances implements DedupStore, Acceptances {

  private final Jedis redis;
  private final DedupSettings settings;
  private String customerId;

  /**
   * @param redis is closed with this
   */
  RedisAcceptances(Jedis redis, DedupSettings settings) {
    this.redis = redis;
    this.settings = settings;
  }

  @Override
  public DedupStore of(String customerId) {
    this.customerId = customerId;
    return this;
  }

  @Override
  public List<Acceptance> byId(String transactionId) {
    return read(StreamsDedupStore.key(customerId, transactionId));
  }

  @Override
  public List<Acceptance> byContent(ContentHash contentHash) {
    return read(contentHash.toBytes());
  }

  @Override
  public void remember(
      Acceptance acceptance, List<Acceptance> sameId, List<Acceptance> sameContent) {
    byte[] value =
        StoreSerdes.write(acceptance, (each, out) -> BinaryRecords.writeAcceptance(each, out));
    set(
        StreamsDedupStore.key(customerId, acceptance.transactionId()),
        value,
        settings.keepIds(),
        sameId);
    set(acceptance.contentHash().toBytes(), value, settings.keepContents(), sameContent);
  }

  /** What is there already, and did not count, gives way. */
  private void set(byte[] key, byte[] value, Duration keep, List<Acceptance> before) {
    SetParams how = SetParams.setParams().px(keep.toMillis());
    redis.set(key, value, before.isEmpty() ? how.nx() : how);
  }

  private List<Acceptance> read(byte[] key) {
    byte[] value = redis.get(key);
    return value == null
        ? List.of()
        : StoreSerdes.read(value, in -> List.of(BinaryRecords.readAcceptance(in)));
  }

  /** Redis forgets by itself. */
  @Override
  public void forget(long intervalMillis) {}

  @Override
  public void close() {
    redis.close();
  }
}
