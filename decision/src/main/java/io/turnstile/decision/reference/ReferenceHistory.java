package io.turnstile.decision.reference;

import java.util.ArrayList;
import java.util.List;

/**
 * Versions of one product or customer, after its records have been read: of those that are later in
 * the log than its last delete, the highest is current. Of two records with the same version, the
 * content of the one read first counts.
 *
 * <p>Neither reading records again, from any place, nor the order in which partitions are read
 * changes the result: after a start the topic is read more than once, and its partitions in any
 * order. The records of a key lie in several partitions after the topic has grown, or when its
 * senders write the key differently. Append times are then assumed not to go back within a
 * partition; within one partition only offsets count.
 *
 * @param deleted the last delete, null if there was none
 * @param versions later in the log than the last delete, by falling version and rising place: the
 *     first is current. Each of the others becomes current when a delete is read, late and from
 *     another partition, that lies between it and the one before. Each has the place of its last
 *     record.
 * @param <T> the record type
 */
public record ReferenceHistory<T>(Reference<T> deleted, List<Reference<T>> versions) {

  /**
   * Number of versions that are kept. Otherwise a sender whose versions keep falling could fill the
   * memory. The current version and the newest one are always kept.
   */
  static final int MAX_VERSIONS = 8;

  public ReferenceHistory {
    versions = List.copyOf(versions);
  }

  /** The history that begins with a record. */
  public static <T> ReferenceHistory<T> of(Reference<T> first) {
    return first.isDelete()
        ? new ReferenceHistory<>(first, List.of())
        : new ReferenceHistory<>(null, List.of(first));
  }

  /** The current version; null if there is none. */
  public T value() {
    return versions.isEmpty() ? null : versions.get(0).value();
  }

  /** Returns the history after {@code update} as well; the same object if it changes nothing. */
  public ReferenceHistory<T> then(Reference<T> update) {
    if (deleted != null && !update.isAfter(deleted)) {
      return this;
    }
    if (update.isDelete()) {
      return new ReferenceHistory<>(
          update, versions.stream().filter(each -> each.isAfter(update)).toList());
    }
    Reference<T> added = update;
    for (Reference<T> each : versions) {
      boolean isLater = update.isAfter(each);
      if (each.version() >= update.version() && !isLater) {
        return this;
      }
      if (each.version() == update.version()) {
        added = each.at(update);
      }
    }
    return with(added);
  }

  /** Puts a version in its place, and takes away what it replaces. */
  private ReferenceHistory<T> with(Reference<T> added) {
    List<Reference<T>> result = new ArrayList<>();
    int index = 0;
    for (Reference<T> each : versions) {
      if (each.version() > added.version()) {
        result.add(each);
        index++;
      } else if (each.version() < added.version() && each.isAfter(added)) {
        result.add(each);
      }
    }
    result.add(index, added);
    if (result.size() > MAX_VERSIONS) {
      result.remove(1);
    }
    return new ReferenceHistory<>(deleted, result);
  }
}
