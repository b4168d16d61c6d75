package io.turnstile.decision.reference;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.Product;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReferenceHistoryTest {

  @Test
  void higherVersionReplaces() {
    assertThat(version(fold(List.of(productAt(0, 0, "p", 1), productAt(0, 1, "p", 2)))))
        .isEqualTo(2);
  }

  @Test
  void staleAndEqualVersionsAreIgnored() {
    Reference<Product> first = productAt(0, 0, "p", 2);
    Reference<Product> other =
        new Reference<>(
            "p", new Product("p", "other", "category", 1, "EUR", 5, 2, 1_000), 2, 0, 2, 2);
    assertThat(fold(List.of(first, productAt(0, 1, "p", 1), other)).value())
        .isEqualTo(first.value());
  }

  @Test
  void deleteKeepsItsPlace() {
    Reference<Product> delete = deleteAt(0, 1, "p");
    assertThat(fold(List.of(productAt(0, 0, "p", 2), delete)))
        .isEqualTo(new ReferenceHistory<>(delete, List.of()));
  }

  @Test
  void anyVersionLaterInTheLogRevives() {
    ReferenceHistory<Product> deleted = fold(List.of(productAt(0, 0, "p", 7), deleteAt(0, 1, "p")));
    for (long version : new long[] {Long.MIN_VALUE, 1, 7, 8}) {
      assertThat(version(deleted.then(productAt(0, 2, "p", version)))).isEqualTo(version);
    }
  }

  @Test
  void deleteOfNothingIsRevivedByAnyVersion() {
    assertThat(fold(List.of(deleteAt(0, 0, "p"), productAt(0, 1, "p", -5))).value()).isNotNull();
  }

  @Test
  void nothingIsRevivedByWhatStandsBeforeTheDelete() {
    Reference<Product> before = productAt(0, 0, "p", 7);
    ReferenceHistory<Product> deleted = fold(List.of(before, deleteAt(0, 1, "p")));
    assertThat(deleted.then(before)).isSameAs(deleted);
    assertThat(fold(List.of(deleteAt(0, 1, "p"), before)).value()).isNull();
  }

  @Test
  void whatStoodBeforeTheDeleteDoesNotReturnAfterTheRevive() {
    Reference<Product> before = productAt(0, 0, "p", 7);
    ReferenceHistory<Product> revived =
        fold(List.of(before, deleteAt(0, 1, "p"), productAt(0, 2, "p", 1)));
    assertThat(revived.then(before)).isSameAs(revived);
  }

  @Test
  void deleteReadAgainAfterTheReviveDoesNotDelete() {
    Reference<Product> delete = deleteAt(0, 1, "p");
    ReferenceHistory<Product> revived =
        fold(List.of(productAt(0, 0, "p", 1), delete, productAt(0, 2, "p", 2)));
    assertThat(revived.then(delete)).isEqualTo(revived);
  }

  @Test
  void deleteInTheSameMillisecondOfAnotherPartitionCountsOnce() {
    Reference<Product> delete = Reference.delete("p", 0, 1, 7);
    Reference<Product> revive = new Reference<>("p", product("p", 2), 2, 1, 0, 7);
    ReferenceHistory<Product> result = fold(List.of(productAt(0, 0, "p", 1), delete, revive));
    assertThat(result.value()).isNotNull();
    assertThat(result.then(delete)).isEqualTo(result);
  }

  @Test
  void deleteReadLateFromAnotherPartitionLeavesWhatCameAfterIt() {
    Reference<Product> high = new Reference<>("p", product("p", 7), 7, 0, 0, 1);
    Reference<Product> delete = Reference.delete("p", 1, 0, 2);
    Reference<Product> low = new Reference<>("p", product("p", 1), 1, 0, 1, 3);
    assertThat(version(fold(List.of(high, low)))).isEqualTo(7);
    assertThat(version(fold(List.of(high, low, delete)))).isEqualTo(1);
  }

  @Test
  void clockThatGoesBackDoesNotMatterWithinAPartition() {
    Reference<Product> first = new Reference<>("p", product("p", 7), 7, 0, 0, 900);
    Reference<Product> delete = Reference.delete("p", 0, 1, 600);
    Reference<Product> revive = new Reference<>("p", product("p", 1), 1, 0, 2, 300);
    List<Reference<Product>> log = List.of(first, delete, revive);
    assertThat(version(fold(log))).isEqualTo(1);
    assertThat(version(fold(List.of(first, delete, revive, first, delete, revive)))).isEqualTo(1);
  }

  @Test
  void fallingVersionsAreKeptInBounds() {
    List<Reference<Product>> log = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      log.add(productAt(0, i, "p", 1_000 - i));
    }
    ReferenceHistory<Product> history = fold(log);
    assertThat(history.versions()).hasSize(ReferenceHistory.MAX_VERSIONS);
    assertThat(version(history)).isEqualTo(1_000);
    for (Reference<Product> again : log) {
      assertThat(history.then(again)).isEqualTo(history);
    }
  }

  /** The records of one key lie in several partitions; their versions rise and fall. */
  @Test
  void neitherReadingAgainNorTheOrderOfPartitionsMatters() {
    long base = new Random().nextLong();
    for (int i = 0; i < 20_000; i++) {
      Random random = new Random(base + i);
      List<Reference<Product>> log = log(random);
      Product expected = inForce(log);
      List<Reference<Product>> read = interleaved(log, random);
      ReferenceHistory<Product> once = fold(read);
      assertThat(once.value())
          .as("seed %dL, log %s, read %s", base + i, log, read)
          .isEqualTo(expected);
      assertThat(once).as("seed %dL, log %s, read %s", base + i, log, read).isEqualTo(fold(log));
      for (int times = 1 + random.nextInt(2); times > 0; times--) {
        List<Reference<Product>> again = interleaved(log, random);
        read.addAll(again.subList(random.nextInt(again.size()), again.size()));
      }
      assertThat(fold(read)).as("seed %dL, log %s, read %s", base + i, log, read).isEqualTo(once);
    }
  }

  /** Returns the version that the contract calls current, for a log read once and in order. */
  private static Product inForce(List<Reference<Product>> log) {
    Product inForce = null;
    for (Reference<Product> record : log) {
      if (record.isDelete()) {
        inForce = null;
      } else if (inForce == null || record.version() > inForce.version()) {
        inForce = record.value();
      }
    }
    return inForce;
  }

  /** In the order of append times, and of partitions within a millisecond. */
  private static List<Reference<Product>> log(Random random) {
    List<Reference<Product>> log = new ArrayList<>();
    long[] offsets = new long[3];
    long time = 0;
    for (int i = 1 + random.nextInt(ReferenceHistory.MAX_VERSIONS); i > 0; i--) {
      int partition = random.nextInt(offsets.length);
      long offset = offsets[partition]++;
      time += random.nextInt(3);
      long version = random.nextInt(5);
      log.add(
          random.nextInt(3) == 0
              ? Reference.delete("p", partition, offset, time)
              : new Reference<>("p", product("p", version), version, partition, offset, time));
    }
    log.sort(
        Comparator.comparingLong((Reference<Product> each) -> each.appendedAt())
            .thenComparingInt(Reference::partition)
            .thenComparingLong(Reference::offset));
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

  private static ReferenceHistory<Product> fold(List<Reference<Product>> log) {
    ReferenceHistory<Product> result = ReferenceHistory.of(log.get(0));
    for (Reference<Product> record : log.subList(1, log.size())) {
      result = result.then(record);
    }
    return result;
  }

  private static long version(ReferenceHistory<Product> history) {
    return history.value().version();
  }

  private static Product product(String id, long version) {
    return new Product(id, "name", "category", 100, "EUR", 5, version, 1_000);
  }

  /** Appended at its offset, in milliseconds. */
  private static Reference<Product> productAt(int partition, long offset, String id, long version) {
    return new Reference<>(id, product(id, version), version, partition, offset, offset);
  }

  private static Reference<Product> deleteAt(int partition, long offset, String id) {
    return Reference.delete(id, partition, offset, offset);
  }
}
