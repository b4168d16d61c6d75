package io.turnstile.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.events.Decoded;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ShapeTest {

  private static final Transaction TRANSACTION =
      new Transaction("id", "customer", "product", 2, 300, "EUR", 1_700_000_000_000L, "a.b.c");

  @ParameterizedTest
  @EnumSource(Shape.class)
  void readerFindsWhatTheShapeSays(Shape shape) {
    Decoded<Transaction> read = TransactionCodec.decode(shape.encode(TRANSACTION));

    if (shape.deadLetter().isPresent()) {
      assertThat(read)
          .isInstanceOfSatisfying(
              Decoded.Invalid.class,
              invalid -> assertThat(invalid.code()).isEqualTo(shape.deadLetter().get()));
    } else {
      assertThat(read).isEqualTo(new Decoded.Valid<>(TRANSACTION));
    }
  }

  @Test
  void reorderedHasOtherBytes() {
    assertThat(Shape.REORDERED.encode(TRANSACTION)).isNotEqualTo(Shape.PLAIN.encode(TRANSACTION));
  }
}
