package io.turnstile.job.enrich;

import static io.turnstile.job.harness.Samples.authenticated;
import static io.turnstile.job.harness.Samples.deleteAt;
import static io.turnstile.job.harness.Samples.productAt;
import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.decision.reference.Reference;
import io.turnstile.events.Product;
import io.turnstile.job.harness.FakeReferenceTopic;
import io.turnstile.job.harness.OperatorUnderTest;
import io.turnstile.job.harness.OperatorUnderTest.Checkpoint;
import io.turnstile.job.validate.AuthenticatedTransaction;
import io.turnstile.job.validate.DecisionInput;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.junit.jupiter.api.Test;

/**
 * Random histories against a model: products that come, go and return, read by a source that lags
 * behind its topic; transactions that wait; crashes, replays, changes of parallelism.
 */
class ReferenceJoinModelTest {

  private static final int ON_HEAP = 300;
  private static final int ON_ROCKSDB = 8;
  private static final long WAIT = 5_000;
  private static final int PARTITIONS = 3;
  private static final List<String> PRODUCTS = List.of("p0", "p1", "p2", "p3", "p4", "p5");

  /**
   * What holds and what waits.
   *
   * @param read how many records of each partition have been read, by the source or catching up
   * @param deadlines of what waits, by offset of the transaction
   */
  private record Model(
      List<Reference<Product>> topic,
      Map<Integer, Long> read,
      Map<Long, String> waiting,
      Map<Long, Long> deadlines) {

    Model() {
      this(new ArrayList<>(), new HashMap<>(), new TreeMap<>(), new HashMap<>());
    }

    Model copy() {
      return new Model(
          topic, new HashMap<>(read), new TreeMap<>(waiting), new HashMap<>(deadlines));
    }

    /** The version in force, or null. */
    Long version(String product) {
      Long highest = null;
      boolean exists = false;
      for (Reference<Product> record : topic) {
        if (!record.key().equals(product)
            || record.offset() >= read.getOrDefault(record.partition(), 0L)) {
          continue;
        }
        if (record.value() == null) {
          exists = false;
        } else if (highest == null || record.version() > highest) {
          highest = record.version();
          exists = true;
        }
      }
      return exists ? highest : null;
    }

    List<String> arrives(long offset, String product, long now) {
      waiting.put(offset, product);
      deadlines.put(offset, now + WAIT);
      return decided(Long.MIN_VALUE);
    }

    /** What is released by a product, or has waited long enough. */
    List<String> decided(long readUntil) {
      List<String> decided = new ArrayList<>();
      for (long offset : List.copyOf(waiting.keySet())) {
        Long version = version(waiting.get(offset));
        if (version != null || deadlines.get(offset) <= readUntil) {
          decided.add(offset + (version == null ? " unknown" : " v" + version));
          waiting.remove(offset);
        }
      }
      return decided;
    }

    void restored(Map<Integer, Long> end, long now) {
      end.forEach((partition, offset) -> read.merge(partition, offset, Math::max));
      deadlines.replaceAll((authenticated, deadline) -> now + WAIT);
    }
  }

  @Test
  void everyHistoryIsLikeTheModelOnHeap() throws Exception {
    runHistories(ON_HEAP, new HashMapStateBackend());
  }

  @Test
  void everyHistoryIsLikeTheModelOnRocksDb() throws Exception {
    runHistories(ON_ROCKSDB, new EmbeddedRocksDBStateBackend());
  }

  private static void runHistories(int count, StateBackend backend) {
    long base = new Random().nextLong();
    for (int i = 0; i < count; i++) {
      long seed = base + i;
      try (History history = new History(seed, backend)) {
        history.run();
      } catch (Throwable e) {
        throw new AssertionError("history with seed " + seed + "L", e);
      }
    }
  }

  private static final class History implements AutoCloseable {
    private final Random random;
    private final StateBackend backend;
    private final FakeReferenceTopic<Product> topic = new FakeReferenceTopic<>();
    private final OperatorUnderTest.Spec<
            AuthenticatedTransaction, Reference<Product>, DecisionInput>
        spec = ProductJoinOperatorTest.spec(topic);

    private OperatorUnderTest<AuthenticatedTransaction, Reference<Product>, DecisionInput> enricher;
    private Model model = new Model();

    /** How many records of each partition the source has delivered. */
    private Map<Integer, Long> delivered = new HashMap<>();

    private long authenticatedTransactions;

    /** Up to when the source has been read. */
    private long readUntil;

    History(long seed, StateBackend backend) {
      this.random = new Random(seed);
      this.backend = backend;
    }

    void run() throws Exception {
      for (int i = random.nextInt(4); i > 0; i--) {
        publish();
      }
      start(1_000_000, null);
      for (int attempt = random.nextInt(4); attempt >= 0; attempt--) {
        steps();
        Checkpoint checkpoint = enricher.checkpoint();
        Model then = model.copy();
        Map<Integer, Long> deliveredThen = new HashMap<>(delivered);
        steps();
        long now = enricher.now() + random.nextInt(3) * WAIT;
        enricher.close();
        model = then;
        delivered = deliveredThen;
        start(now, checkpoint);
      }
      enricher.advance(WAIT);
      assertThat(outcomes()).containsExactlyInAnyOrderElementsOf(model.decided(enricher.now()));
      assertThat(enricher.timers()).isZero();
      assertThat(enricher.gauge("waiting")).isZero();
      assertThat(enricher.stateEntries())
          .as("one entry for each product heard of, none of what waited")
          .isEqualTo(topic.records().stream().map(Reference::key).distinct().count());
    }

    private void start(long now, Checkpoint checkpoint) throws Exception {
      enricher = OperatorUnderTest.start(spec, now, 1 + random.nextInt(3), backend, checkpoint);
      model.restored(topic.end(), now);
      assertThat(enricher.gauge("waiting")).isEqualTo(model.waiting().size());
      enricher.advance(0);
      readUntil = now;
      assertThat(outcomes()).containsExactlyInAnyOrderElementsOf(model.decided(now));
    }

    private void steps() throws Exception {
      for (int i = random.nextInt(25); i > 0; i--) {
        List<String> expected =
            switch (random.nextInt(7)) {
              case 0, 1 -> arrive();
              case 2 -> publish();
              case 3 -> deliver();
              case 4 -> {
                enricher.advanceUnread(random.nextInt((int) WAIT));
                yield List.of();
              }
              case 5 -> {
                readUntil = Math.max(readUntil, enricher.now() - random.nextInt((int) WAIT));
                enricher.readUntil(readUntil);
                yield model.decided(readUntil);
              }
              default -> advance();
            };
        assertThat(outcomes()).containsExactlyInAnyOrderElementsOf(expected);
        assertThat(enricher.gauge("waiting")).isEqualTo(model.waiting().size());
      }
    }

    private List<String> arrive() throws Exception {
      String product = PRODUCTS.get(random.nextInt(PRODUCTS.size()));
      long offset = authenticatedTransactions++;
      enricher.first(authenticated(product, offset));
      return model.arrives(offset, product, enricher.now());
    }

    private List<String> advance() throws Exception {
      enricher.advance(random.nextInt((int) WAIT));
      readUntil = enricher.now();
      return model.decided(readUntil);
    }

    /** To the topic; the source has not read it yet. */
    private List<String> publish() {
      int number = random.nextInt(PRODUCTS.size());
      int partition = number % PARTITIONS;
      long offset = topic.end().getOrDefault(partition, 0L);
      String product = PRODUCTS.get(number);
      model
          .topic()
          .add(
              topic.append(
                  random.nextInt(3) == 0
                      ? deleteAt(partition, offset, product)
                      : productAt(partition, offset, product, random.nextInt(8))));
      return List.of();
    }

    private List<String> deliver() throws Exception {
      int partition = random.nextInt(PARTITIONS);
      long offset = delivered.getOrDefault(partition, 0L);
      for (Reference<Product> record : topic.records()) {
        if (record.partition() == partition && record.offset() == offset) {
          delivered.put(partition, offset + 1);
          model.read().merge(partition, offset + 1, Math::max);
          enricher.second(record);
          return model.decided(readUntil);
        }
      }
      return List.of();
    }

    private List<String> outcomes() {
      return enricher.take().stream().map(ProductJoinOperatorTest::outcome).toList();
    }

    @Override
    public void close() {
      if (enricher != null) {
        enricher.close();
      }
    }
  }
}
