package io.turnstile.bench.result;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a result does not have. */
final class Absent {

  private Absent() {}

  static <T> List<T> asEmpty(List<T> list) {
    return list == null ? List.of() : List.copyOf(list);
  }

  /** Keeps the order, unlike {@link Map#copyOf}. */
  static <K, V> Map<K, V> asEmpty(Map<K, V> map) {
    return map == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }
}
