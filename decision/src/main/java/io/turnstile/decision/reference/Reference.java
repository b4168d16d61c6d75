package io.turnstile.decision.reference;

/**
 * The state of one product or customer in its reference topic: a record of that topic, or what the
 * records so far add up to.
 *
 * @param key the record's key
 * @param value the version in force; null after a delete
 * @param version the highest version so far; {@link #NO_VERSION} for a delete, which has none
 * @param partition where the last record that counted stands
 * @param offset its offset
 * @param appendedAt its append time, epoch milliseconds
 * @param <T> the record type
 */
public record Reference<T>(
    String key, T value, long version, int partition, long offset, long appendedAt) {

  /** The version of a delete. */
  public static final long NO_VERSION = Long.MIN_VALUE;

  /**
   * What holds once {@code update} has been read too. Reading a record again, or an older one late,
   * changes nothing: after a start the topic is read more than once, and its partitions in any
   * order.
   *
   * <p>A stale version is ignored; a delete keeps the version, so that only a higher one revives. A
   * delete has no version of its own: whether it is news is told by its place in the log, and
   * between partitions (a topic that has grown) by its append time.
   */
  public Reference<T> then(Reference<T> update) {
    if (update.value == null) {
      return update.isAfter(this) ? update.withVersion(version) : this;
    }
    if (update.version <= version) {
      return this;
    }
    // A higher version that was deleted later, read after its delete.
    return value == null && isAfter(update) ? withVersion(update.version) : update;
  }

  private Reference<T> withVersion(long other) {
    return new Reference<>(key, value, other, partition, offset, appendedAt);
  }

  private boolean isAfter(Reference<T> other) {
    if (partition == other.partition) {
      return offset > other.offset;
    }
    // Of two in the same millisecond always the same one: else reading again would change
    // something.
    return appendedAt == other.appendedAt
        ? partition > other.partition
        : appendedAt > other.appendedAt;
  }
}
