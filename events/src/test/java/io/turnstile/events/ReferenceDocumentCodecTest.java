package io.turnstile.events;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReferenceDocumentCodecTest {

  private static Decoded<ReferenceDocument> decode(String json) {
    return ReferenceDocumentCodec.OF_PRODUCT.decode(json.getBytes(UTF_8));
  }

  private static String with(String field) {
    return "{\"product_id\":\"p\",\"version\":7," + field + "}";
  }

  @Test
  void recordIsKeptAsItIsButForWhiteSpace() {
    String json =
        with("\"rate\":1.230E+5,\"bands\":[1,{\"é\":null}, true],\"note\":\"a\\u0000\\n\"");
    assertThat(decode(" " + json.replace(",", " ,\n")))
        .isEqualTo(
            new Decoded.Valid<>(new ReferenceDocument("p", 7, json.replace(", true", ",true"))));
  }

  @Test
  void numberThatNoTypeHoldsKeepsItsDigits() {
    String json = with("\"rate\":1e99999999999,\"id\":" + "9".repeat(500));
    assertThat(decode(json)).isEqualTo(new Decoded.Valid<>(new ReferenceDocument("p", 7, json)));
  }

  @Test
  void longestRecordIsTakenAndALongerOneIsNot() {
    String empty = with("\"text\":\"\"");
    String longest =
        empty.replace(
            "\"\"", "\"" + "x".repeat(ReferenceDocumentCodec.MAX_BYTES - empty.length()) + "\"");
    assertThat(decode(longest)).isInstanceOf(Decoded.Valid.class);
    assertThat(decode(longest.replace("\"x", "\"xx"))).isInstanceOf(Decoded.Invalid.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"\\ud800\"", "[{\"a\":\"\\udc00\"}]"})
  void halfACharacterCannotBeRepeated(String value) {
    assertThat(decode(with("\"text\":" + value)))
        .isEqualTo(
            new Decoded.Invalid<>(
                DeadLetterCode.SCHEMA_VIOLATION, "has an escape that is no character", "p"));
  }

  @Test
  void whatReadersOfAVerdictCouldNotReadIsRefused() {
    assertThat(decode(with("\"a\":" + "[".repeat(99) + "]".repeat(99))))
        .isInstanceOf(Decoded.Valid.class);
    assertThat(decode(with("\"a\":" + "[".repeat(100) + "]".repeat(100))))
        .isInstanceOfSatisfying(
            Decoded.Invalid.class,
            invalid -> assertThat(invalid.message()).contains("nested deeper than 100"));
    assertThat(decode(with("\"a\":" + "9".repeat(501))))
        .isInstanceOfSatisfying(
            Decoded.Invalid.class,
            invalid -> assertThat(invalid.message()).contains("more than 500 characters"));
  }
}
