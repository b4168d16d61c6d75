package io.turnstile.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CarriedFieldsTest {

  private static final CarriedFields FIELDS = CarriedFields.of(List.of("channel", "basket"));

  private static byte[] transaction(String more) {
    String known = new String(TransactionCodec.encode(Samples.TRANSACTION), UTF_8);
    return known.replaceFirst("\\{", "{" + more).getBytes(UTF_8);
  }

  @Test
  void whatIsNamedIsRepeatedInTheOrderOfTheTransaction() {
    byte[] value =
        transaction("\"other\":{\"basket\":0},\"basket\": [1.50, \"x\"],\"channel\":null,");
    assertThat(FIELDS.of(value, "c"))
        .isEqualTo(new Decoded.Valid<>("{\"basket\":[1.50,\"x\"],\"channel\":null}"));
  }

  @Test
  void transactionWithoutThemHasNone() {
    assertThat(FIELDS.of(transaction(""), "c")).isEqualTo(new Decoded.Valid<>("{}"));
  }

  @Test
  void whatIsCarriedCanBeWrittenIntoAnotherRecord() {
    byte[] written = TransactionCodec.encode(Samples.TRANSACTION, "{\"channel\":\"wéb\"}");
    assertThat(TransactionCodec.decode(written))
        .isEqualTo(new Decoded.Valid<>(Samples.TRANSACTION));
    assertThat(FIELDS.of(written, "c")).isEqualTo(new Decoded.Valid<>("{\"channel\":\"wéb\"}"));
    assertThat(TransactionCodec.encode(Samples.TRANSACTION, "{}"))
        .isEqualTo(TransactionCodec.encode(Samples.TRANSACTION, null))
        .isEqualTo(TransactionCodec.encode(Samples.TRANSACTION));
  }

  @Test
  void moreThanAVerdictMayRepeatIsNoTransaction() {
    int room = CarriedFields.MAX_BYTES - "{\"channel\":\"\"}".length();
    assertThat(FIELDS.of(transaction("\"channel\":\"" + "x".repeat(room) + "\","), "c"))
        .isInstanceOf(Decoded.Valid.class);
    assertThat(FIELDS.of(transaction("\"channel\":\"" + "x".repeat(room + 1) + "\","), "c"))
        .isEqualTo(
            new Decoded.Invalid<>(
                DeadLetterCode.SCHEMA_VIOLATION,
                "what is to be carried of it is 16385 bytes long, the limit is 16384",
                "c"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"token", "amount", "transaction_id", " "})
  void fieldOfTheContractCannotBeCarried(String name) {
    assertThatThrownBy(() -> CarriedFields.of(List.of("channel", name)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
