package io.turnstile.job.enrich;

import static io.turnstile.job.harness.Samples.authenticated;
import static io.turnstile.job.harness.Samples.product;
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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.StateBackend;
import org.apache.flink.runtime.state.hashmap.HashMapStateBackend;
import org.apache.flink.state.rocksdb.EmbeddedRocksDBStateBackend;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random histories against a model: products that come, go and return, read by a source that lags
 * behind its topic, or have moved to other partitions when it grew; transactions that wait;
 * crashes, replays, changes of parallelism.
 */
class ReferenceJoinModelTest {

  private static final int ON_HEAP = 150;
  private static final int EXTENDED = 1_500;
  private static final int ON_ROCKSDB = 8;
  private static final long WAIT = 5_000;
  private static final int PARTITIONS = 3;
  private static final List<String> PRODUCTS = List.of("p0", "p1", "p2", "p3", "p4", "p5");

  /**
   * Model of the join: the records read and the waiting transactions.
   *
   * @param topic in the order of append times
   * @param read how many records of each partition have been read, by the source or catching up
   * @param readBeside the same for a product and partition, when waits were over
   * @param deadlines of what waits, by offset of the transaction
   */
  private record Model(
      List<Reference<Product>> topic,
      Map<Integer, Long> read,
      Map<String, Long> readBeside,
      Map<Long, String> waiting,
      Map<Long, Long> deadlines) {

    Model() {
      this(new ArrayList<>(), new HashMap<>(), new HashMap<>(), new TreeMap<>(), new HashMap<>());
    }

    Model copy() {
      return new Model(
          topic,
          new HashMap<>(read),
          new HashMap<>(readBeside),
          new TreeMap<>(waiting),
          new HashMap<>(deadlines));
    }

    /** The current version, or null. */
    Long version(String product) {
      Long highest = null;
      for (Reference<Product> record : topic) {
        if (!record.key().equals(product)
            || record.offset()
                >= Math.max(
                    read.getOrDefault(record.partition(), 0L),
                    readBeside.getOrDefault(part(record), 0L))) {
          continue;
        }
        if (record.value() == null) {
          highest = null;
        } else if (highest == null || record.version() > highest) {
          highest = record.version();
        }
      }
      return highest;
    }

    List<String> arrives(long offset, String product, long now) {
      waiting.put(offset, product);
      deadlines.put(offset, deadline(now));
      return decided(Long.MIN_VALUE, 1);
    }

    private static long deadline(long now) {
      long step = WaitingElements.DEADLINE_MILLIS;
      return (now + WAIT + step - 1) / step * step;
    }

    /**
     * Transactions that a product releases, or that have waited long enough; for the latter, their
     * subtask reads the topic.
     */
    List<String> decided(long now, int parallelism) {
      Set<Integer> readers = new HashSet<>();
      waiting.forEach(
          (offset, product) -> {
            if (deadlines.get(offset) <= now) {
              readers.add(subtaskOf(product, parallelism));
            }
          });
      for (Reference<Product> record : topic) {
        if (readers.contains(subtaskOf(record.key(), parallelism))) {
          readBeside.merge(part(record), record.offset() + 1, Math::max);
        }
      }
      List<String> decided = new ArrayList<>();
      for (long offset : List.copyOf(waiting.keySet())) {
        Long version = version(waiting.get(offset));
        if (version != null || deadlines.get(offset) <= now) {
          decided.add(offset + (version == null ? " unknown" : " v" + version));
          waiting.remove(offset);
        }
      }
      return decided;
    }

    private static String part(Reference<Product> record) {
      return record.key() + "/" + record.partition();
    }

    private static int subtaskOf(String key, int parallelism) {
      return KeyGroupRangeAssignment.assignKeyToParallelOperator(
          key, ProductJoinOperatorTest.MAX_PARALLELISM, parallelism);
    }

    void restored(Map<Integer, Long> end, long now) {
      end.forEach((partition, offset) -> read.merge(partition, offset, Math::max));
      deadlines.replaceAll((authenticated, deadline) -> deadline(now));
    }
  }

  @Test
  void everyHistoryIsLikeTheModelOnHeap() throws Exception {
    runHistories(ON_HEAP, new HashMapStateBackend());
  }

  @Test
  @Tag("extended")
  void everyOneOfManyHistoriesIsLikeTheModel() {
    runHistories(EXTENDED, new HashMapStateBackend());
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

    /** Number of records that the source has delivered, by partition. */
    private Map<Integer, Long> delivered = new HashMap<>();

    private long authenticatedTransactions;
    private int parallelism;
    private long appendedAt;

    /** True if the records of one product lie in several partitions. */
    private final boolean isGrown;

    History(long seed, StateBackend backend) {
      this.random = new Random(seed);
      this.isGrown = random.nextBoolean();
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
      enricher.advance(WAIT + WaitingElements.DEADLINE_MILLIS);
      assertThat(outcomes())
          .containsExactlyInAnyOrderElementsOf(model.decided(enricher.now(), parallelism));
      assertThat(enricher.timers()).isZero();
      assertThat(enricher.gauge("waiting")).isZero();
      assertThat(enricher.stateEntries())
          .as("one entry for each product heard of, none of what waited")
          .isEqualTo(topic.records().stream().map(Reference::key).distinct().count());
    }

    private void start(long now, Checkpoint checkpoint) throws Exception {
      parallelism = 1 + random.nextInt(3);
      enricher = OperatorUnderTest.start(spec, now, parallelism, backend, checkpoint);
      model.restored(topic.end(), now);
      assertThat(enricher.gauge("waiting")).isEqualTo(model.waiting().size());
      enricher.advance(0);
      assertThat(outcomes()).containsExactlyInAnyOrderElementsOf(model.decided(now, parallelism));
    }

    private void steps() throws Exception {
      for (int i = random.nextInt(25); i > 0; i--) {
        List<String> expected =
            switch (random.nextInt(6)) {
              case 0, 1 -> arrive();
              case 2 -> publish();
              case 3 -> deliver();
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
      return model.decided(enricher.now(), parallelism);
    }

    /** To the topic; the source has not read it yet. */
    private List<String> publish() {
      int number = random.nextInt(PRODUCTS.size());
      int partition = (isGrown ? random.nextInt(PARTITIONS) : number) % PARTITIONS;
      long offset = topic.end().getOrDefault(partition, 0L);
      String product = PRODUCTS.get(number);
      int version = random.nextInt(8);
      model
          .topic()
          .add(
              topic.append(
                  random.nextInt(3) == 0
                      ? Reference.delete(product, partition, offset, ++appendedAt)
                      : new Reference<>(
                          product,
                          product(product, version),
                          version,
                          partition,
                          offset,
                          ++appendedAt)));
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
          return model.decided(Long.MIN_VALUE, parallelism);
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
