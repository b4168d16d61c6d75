package io.turnstile.decision.reference;

/**
 * A record of a reference topic: a version of one product or customer, or its delete.
 *
 * @param key of the product or customer
 * @param value null for a delete
 * @param version {@link #NO_VERSION} for a delete, which has none
 * @param partition of the record
 * @param offset of the record
 * @param appendedAt its append time, epoch milliseconds
 * @param <T> the record type
 */
public record Reference<T>(
    String key, T value, long version, int partition, long offset, long appendedAt)
    implements ReferenceUpdate {

  /** The version of a delete. */
  public static final long NO_VERSION = Long.MIN_VALUE;

  /** Makes a delete. */
  public static <T> Reference<T> delete(String key, int partition, long offset, long appendedAt) {
    return new Reference<>(key, null, NO_VERSION, partition, offset, appendedAt);
  }

  /** True for a delete. */
  public boolean isDelete() {
    return value == null;
  }

  /**
   * True if this record is later in the log: within a partition by offset, between partitions by
   * append time, and in the same millisecond by the number of the partition.
   */
  boolean isAfter(Reference<T> other) {
    if (partition == other.partition) {
      return offset > other.offset;
    }
    return appendedAt == other.appendedAt
        ? partition > other.partition
        : appendedAt > other.appendedAt;
  }

  /** The same version, at the place of another record. */
  Reference<T> at(Reference<T> place) {
    return new Reference<>(key, value, version, place.partition, place.offset, place.appendedAt);
  }
}
