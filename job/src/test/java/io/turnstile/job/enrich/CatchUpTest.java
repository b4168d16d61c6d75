package io.turnstile.job.enrich;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.decision.reference.Reference;
import io.turnstile.job.read.ReferenceTopic;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CatchUpTest {

  private static final long RECORDS = 10_500;

  private final List<Long> taken = new ArrayList<>();

  @Test
  void allThatWasReadIsTakenInItsOrder() throws Exception {
    Reader reader =
        (from, taker) -> {
          for (long offset = from.get(0); offset < RECORDS; offset++) {
            taker.accept(Reference.delete("key", 0, offset, 0));
          }
          return Map.of(0, RECORDS);
        };

    try (CatchUp<String> catchUp = start(reader)) {
      assertThat(catchUp.finish(update -> taken.add(update.offset())))
          .isEqualTo(Map.of(0, RECORDS));
    }

    assertThat(taken).containsExactlyElementsOf(LongStream.range(0, RECORDS).boxed().toList());
  }

  @Test
  void readingThatFailsIsReported() {
    Reader reader =
        (from, taker) -> {
          throw new IOException("no broker");
        };

    try (CatchUp<String> catchUp = start(reader)) {
      assertThatThrownBy(() -> catchUp.finish(update -> {}))
          .isInstanceOf(IOException.class)
          .hasMessage("no broker");
    }
  }

  /** As after an OutOfMemoryError in the handler of another one. */
  @Test
  void threadThatDiesWithoutAMessageIsNotWaitedFor() {
    Reader reader =
        (from, taker) -> {
          // The message cannot be left by a thread that is interrupted.
          Thread.currentThread().interrupt();
          throw new IOException("never told");
        };

    try (CatchUp<String> catchUp = start(reader)) {
      assertThatThrownBy(() -> catchUp.finish(update -> {}))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("has died");
    }
  }

  private static CatchUp<String> start(Reader reader) {
    return new CatchUp<>(reader, Map.of(0, 0L), key -> true, "catch-up test");
  }

  /** What a reading does. */
  @FunctionalInterface
  private interface Reader extends ReferenceTopic.Reader<String> {

    Map<Integer, Long> read(Map<Integer, Long> from, Consumer<Reference<String>> taker)
        throws IOException;

    @Override
    default Map<Integer, Long> readTo(
        ReferenceTopic.End end,
        Map<Integer, Long> from,
        Predicate<String> wanted,
        Consumer<Reference<String>> taker)
        throws IOException {
      return read(from, taker);
    }

    @Override
    default void close() {}
  }
}
