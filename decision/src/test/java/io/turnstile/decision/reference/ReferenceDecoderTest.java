package io.turnstile.decision.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.turnstile.decision.reference.MalformedReferenceException.Reason;
import io.turnstile.events.Customer;
import io.turnstile.events.CustomerCodec;
import io.turnstile.events.Product;
import io.turnstile.events.ProductCodec;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReferenceDecoderTest {

  private static final Product PRODUCT =
      new Product("P1", "name", "category", 100, "EUR", 5, 7, 1_000);

  @Test
  void readsProductsAndCustomersWithTheirPlace() throws Exception {
    assertThat(
            ReferenceDecoder.PRODUCT.decode(bytes("P1"), ProductCodec.encode(PRODUCT), 2, 9, 1_000))
        .isEqualTo(new Reference<>("P1", PRODUCT, 7, 2, 9, 1_000));
    Customer customer = new Customer("C1", "name", "segment", "DE", 3, 1_000);
    assertThat(
            ReferenceDecoder.CUSTOMER.decode(
                bytes("C1"), CustomerCodec.encode(customer), 2, 9, 1_000))
        .isEqualTo(new Reference<>("C1", customer, 3, 2, 9, 1_000));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "null", " null", "null\n", "\t null \r\n"})
  void emptyValueAndJsonNullDelete(String value) throws Exception {
    assertThat(ReferenceDecoder.PRODUCT.decode(bytes("P1"), bytes(value), 2, 9, 1_000))
        .isEqualTo(Reference.delete("P1", 2, 9, 1_000));
  }

  @Test
  void nullDeletes() throws Exception {
    assertThat(ReferenceDecoder.PRODUCT.decode(bytes("\"P1\""), null, 2, 9, 1_000))
        .isEqualTo(Reference.delete("P1", 2, 9, 1_000));
  }

  @ParameterizedTest
  @ValueSource(strings = {"P1", "\"P1\"", "\"\\u0050\\u0031\""})
  void keyMayBeAJsonString(String key) throws Exception {
    assertThat(
            ReferenceDecoder.PRODUCT
                .decode(bytes(key), ProductCodec.encode(PRODUCT), 0, 0, 0)
                .key())
        .isEqualTo("P1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"", "\"P1", "P1\"", "\"P\"1\"", "\"\\x\"", "null", "7", " \"P1\""})
  void otherKeysAreTheirOwnText(String key) throws Exception {
    assertThat(ReferenceDecoder.key(bytes(key))).isEqualTo(key);
  }

  @ParameterizedTest
  @CsvSource({
    "P1, '{}', SCHEMA_VIOLATION",
    "P1, '[null]', SCHEMA_VIOLATION",
    "P1, '\"null\"', SCHEMA_VIOLATION",
    "P1, '{', MALFORMED_JSON",
    "P1, 'nul', MALFORMED_JSON",
    "P1, 'null null', MALFORMED_JSON",
    "P1, ' ', MALFORMED_JSON",
    "P1, '\0null', MALFORMED_JSON",
    "'', 'null', NO_KEY",
    "'\"\"', 'null', NO_KEY",
    "'\"\\ud800\"', 'null', KEY_NOT_UTF8",
  })
  void otherRecordsAreMalformed(String key, String value, Reason reason) {
    assertThat(reasonOf(bytes(key), bytes(value))).isEqualTo(reason);
  }

  @Test
  void keyMustBeTheIdInTheValue() {
    byte[] value = ProductCodec.encode(PRODUCT);
    assertThat(reasonOf(bytes("P2"), value)).isEqualTo(Reason.KEY_NOT_ID);
    assertThat(reasonOf(null, value)).isEqualTo(Reason.NO_KEY);
    assertThat(reasonOf(new byte[] {-1, 0}, value)).isEqualTo(Reason.KEY_NOT_UTF8);
  }

  @Test
  void deleteOfWhatCannotBeAnIdFillsNoState() throws Exception {
    assertThat(ReferenceDecoder.key(bytes("é".repeat(128)))).hasSize(128);
    assertThat(reasonOf(bytes("é".repeat(129)), null)).isEqualTo(Reason.KEY_NOT_ID);
  }

  private static Reason reasonOf(byte[] key, byte[] value) {
    return catchThrowableOfType(
            MalformedReferenceException.class,
            () -> ReferenceDecoder.PRODUCT.decode(key, value, 0, 0, 0))
        .reason();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
