package io.turnstile.audit;

import io.turnstile.audit.Violation.Kind;
import io.turnstile.events.SourcePosition;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** Counts violations exactly, and keeps the first of each kind. Thread-safe. */
final class Violations {

  /** The most violations of each kind that are kept. */
  static final int KEPT = 1000;

  private static final Comparator<Violation> ORDER =
      Comparator.comparing(Violation::kind)
          .thenComparing(
              Violation::source,
              Comparator.nullsLast(
                  Comparator.comparing(SourcePosition::topic)
                      .thenComparing(SourcePosition::partition)
                      .thenComparing(SourcePosition::offset)))
          .thenComparing(Violation::what);

  private final Map<Kind, Long> counts = new EnumMap<>(Kind.class);
  private final Map<Kind, List<Violation>> kept = new EnumMap<>(Kind.class);

  void add(Violation violation) {
    add(violation.kind(), () -> violation);
  }

  /**
   * Adds a violation.
   *
   * @param violation makes it, if it is to be kept
   */
  synchronized void add(Kind kind, Supplier<Violation> violation) {
    counts.merge(kind, 1L, Long::sum);
    List<Violation> list = kept.computeIfAbsent(kind, k -> new ArrayList<>());
    if (list.size() < KEPT) {
      list.add(violation.get());
    }
  }

  void addAll(Violations others) {
    Map<Kind, Long> otherCounts;
    List<Violation> otherKept;
    synchronized (others) {
      otherCounts = new EnumMap<>(others.counts);
      otherKept = others.list();
    }
    synchronized (this) {
      otherCounts.forEach((kind, count) -> counts.merge(kind, count, Long::sum));
      for (Violation violation : otherKept) {
        List<Violation> list = kept.computeIfAbsent(violation.kind(), k -> new ArrayList<>());
        if (list.size() < KEPT) {
          list.add(violation);
        }
      }
    }
  }

  /** The same counts, with each violation that was kept turned into another of its kind. */
  synchronized Violations map(UnaryOperator<Violation> mapping) {
    Violations mapped = new Violations();
    mapped.counts.putAll(counts);
    kept.forEach((kind, list) -> mapped.kept.put(kind, new ArrayList<>(list)));
    mapped.kept.values().forEach(list -> list.replaceAll(mapping));
    return mapped;
  }

  synchronized long count(Kind kind) {
    return counts.getOrDefault(kind, 0L);
  }

  /** Those kept, by kind and position. */
  synchronized List<Violation> list() {
    return kept.values().stream().flatMap(List::stream).sorted(ORDER).toList();
  }
}
