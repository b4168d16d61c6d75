package io.turnstile.decision.reference;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.Product;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReferenceTest {

  @Test
  void higherVersionReplaces() {
    assertThat(fold(List.of(productAt(0, 0, "p", 1), productAt(0, 1, "p", 2))).version())
        .isEqualTo(2);
  }

  @Test
  void staleAndEqualVersionsAreIgnored() {
    Reference<Product> first = productAt(0, 0, "p", 2);
    assertThat(fold(List.of(first, productAt(0, 1, "p", 1), productAt(0, 2, "p", 2))))
        .isEqualTo(first);
  }

  @Test
  void deleteKeepsTheVersionAndTakesThePlace() {
    assertThat(fold(List.of(productAt(0, 0, "p", 2), deleteAt(0, 1, "p"))))
        .isEqualTo(new Reference<>("p", null, 2, 0, 1, 1));
  }

  @Test
  void onlyAHigherVersionRevives() {
    Reference<Product> deleted = fold(List.of(productAt(0, 0, "p", 2), deleteAt(0, 1, "p")));
    assertThat(deleted.then(productAt(0, 2, "p", 2)).value()).isNull();
    assertThat(deleted.then(productAt(0, 2, "p", 3)).value()).isNotNull();
  }

  @Test
  void deleteOfNothingIsRevivedByAnyVersion() {
    assertThat(fold(List.of(deleteAt(0, 0, "p"), productAt(0, 1, "p", -5))).value()).isNotNull();
  }

  @Test
  void deleteReadAgainAfterTheReviveDoesNotDelete() {
    Reference<Product> delete = deleteAt(0, 1, "p");
    Reference<Product> revived =
        fold(List.of(productAt(0, 0, "p", 1), delete, productAt(0, 2, "p", 2)));
    assertThat(revived.then(delete)).isEqualTo(revived);
  }

  @Test
  void deleteInTheSameMillisecondOfAnotherPartitionCountsOnce() {
    Reference<Product> delete = new Reference<>("p", null, Reference.NO_VERSION, 0, 1, 7);
    Reference<Product> revive = new Reference<>("p", product("p", 2), 2, 1, 0, 7);
    Reference<Product> result = fold(List.of(productAt(0, 0, "p", 1), delete, revive));
    assertThat(result.value()).isNotNull();
    assertThat(result.then(delete)).isEqualTo(result);
  }

  /**
   * A topic that has grown: the records of one key lie in several partitions, and are read in any
   * order between these, each from any place again.
   */
  @Test
  void neitherReadingAgainNorTheOrderOfPartitionsMatters() {
    long base = new Random().nextLong();
    for (int i = 0; i < 2_000; i++) {
      Random random = new Random(base + i);
      List<Reference<Product>> log = log(random);
      Reference<Product> expected = fold(log);
      List<Reference<Product>> read = interleaved(log, random);
      assertThat(fold(read))
          .as("seed %dL, log %s, read %s", base + i, log, read)
          .isEqualTo(expected);
      int from = random.nextInt(read.size());
      read.addAll(read.subList(from, read.size()));
      assertThat(fold(read))
          .as("seed %dL, log %s, read %s", base + i, log, read)
          .isEqualTo(expected);
    }
  }

  /** Versions grow with time, as those of one writer do. */
  private static List<Reference<Product>> log(Random random) {
    List<Reference<Product>> log = new ArrayList<>();
    long[] offsets = new long[3];
    long time = 0;
    long version = 0;
    for (int i = 1 + random.nextInt(8); i > 0; i--) {
      int partition = random.nextInt(offsets.length);
      long offset = offsets[partition]++;
      time++;
      log.add(
          random.nextInt(3) == 0
              ? new Reference<>("p", null, Reference.NO_VERSION, partition, offset, time)
              : new Reference<>("p", product("p", ++version), version, partition, offset, time));
    }
    return log;
  }

  /** In order within a partition, in any order between partitions. */
  private static List<Reference<Product>> interleaved(List<Reference<Product>> log, Random random) {
    List<Integer> turns = new ArrayList<>(log.stream().map(Reference::partition).toList());
    Collections.shuffle(turns, random);
    List<Reference<Product>> rest = new ArrayList<>(log);
    List<Reference<Product>> read = new ArrayList<>();
    for (int partition : turns) {
      Reference<Product> next =
          rest.stream().filter(r -> r.partition() == partition).findFirst().orElseThrow();
      rest.remove(next);
      read.add(next);
    }
    return read;
  }

  private static Reference<Product> fold(List<Reference<Product>> log) {
    Reference<Product> result = log.get(0);
    for (Reference<Product> record : log.subList(1, log.size())) {
      result = result.then(record);
    }
    return result;
  }

  private static Product product(String id, long version) {
    return new Product(id, "name", "category", 100, "EUR", 5, version, 1_000);
  }

  /** Appended at its offset, in milliseconds. */
  private static Reference<Product> productAt(int partition, long offset, String id, long version) {
    return new Reference<>(id, product(id, version), version, partition, offset, offset);
  }

  private static Reference<Product> deleteAt(int partition, long offset, String id) {
    return new Reference<>(id, null, Reference.NO_VERSION, partition, offset, offset);
  }
}
