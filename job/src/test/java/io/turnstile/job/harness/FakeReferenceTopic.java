package io.turnstile.job.harness;

import io.turnstile.decision.reference.Reference;
import io.turnstile.job.read.ReferenceTopic;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A reference topic that is a list, with a note of what was asked of it. */
public final class FakeReferenceTopic<T> implements ReferenceTopic<T> {

  private final transient List<Reference<T>> records = new ArrayList<>();
  private final transient List<Map<Integer, Long>> readFrom = new ArrayList<>();

  /** Appends a record; its offset must be the next of its partition. */
  public Reference<T> append(Reference<T> record) {
    records.add(record);
    return record;
  }

  public List<Reference<T>> records() {
    return records;
  }

  /** The next offset, by partition. */
  public Map<Integer, Long> end() {
    Map<Integer, Long> end = new HashMap<>();
    records.forEach(record -> end.merge(record.partition(), record.offset() + 1, Math::max));
    return end;
  }

  /** Where reading began, one map for each time. */
  public List<Map<Integer, Long>> readFrom() {
    return readFrom;
  }

  @Override
  public Map<Integer, Long> readToEnd(
      Map<Integer, Long> from, Predicate<String> wanted, Consumer<Reference<T>> consumer) {
    readFrom.add(new HashMap<>(from));
    for (Reference<T> record : records) {
      if (record.offset() >= from.getOrDefault(record.partition(), 0L)
          && wanted.test(record.key())) {
        consumer.accept(record);
      }
    }
    return end();
  }
}
