package io.turnstile.job.harness;

import io.turnstile.decision.reference.Reference;
import io.turnstile.job.read.ReferenceTopic;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A reference topic without records that can be sent to a cluster. */
public record EmptyReferenceTopic<T>() implements ReferenceTopic<T> {

  @Override
  public Reader<T> reader() {
    return new Reader<>() {
      @Override
      public Map<Integer, Long> readTo(
          End end, Map<Integer, Long> from, Predicate<String> wanted, Consumer<Reference<T>> to) {
        return Map.of();
      }

      @Override
      public void close() {}
    };
  }
}
