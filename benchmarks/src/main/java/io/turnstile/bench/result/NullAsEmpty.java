package io.turnstile.bench.result;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Makes a list or a map that a result does not have an empty one. */
final class NullAsEmpty {

  private NullAsEmpty() {}

  static <T> List<T> copyOf(List<T> list) {
    return list == null ? List.of() : List.copyOf(list);
  }

  /** Keeps the order, unlike {@link Map#copyOf}. */
  static <K, V> Map<K, V> copyOf(Map<K, V> map) {
    return map == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }
}
