package io.turnstile.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VerdictCodecTest {

  private static final ContentHash HASH = ContentHash.of(Samples.TRANSACTION);

  @Test
  void acceptedIsTheTransactionWithoutTokenAndWhatItWasEnrichedWith() {
    assertThat(
            text(
                VerdictCodec.encode(
                    new Accepted(
                        Samples.TRANSACTION, Samples.PRODUCT, Samples.CUSTOMER, HASH, 10, 11))))
        .isEqualTo(
            """
            {"transaction_id":"t-1","customer_id":"c-1","product_id":"p-1","quantity":2,\
            "amount":1998,"currency":"GBP","occurred_at":1290000000000,\
            "product":{"product_id":"p-1","name":"Lantern","category":"home","unit_price":999,\
            "currency":"GBP","stock":40,"version":7,"updated_at":1289000000000},\
            "customer":{"customer_id":"c-1","name":"Ada","segment":"retail","country":"GB",\
            "version":3,"updated_at":1288000000000},\
            "content_hash":"%s","received_at":10,"decided_at":11}"""
                .formatted(HASH));
  }

  @Test
  void unknownCustomerIsNull() {
    assertThat(
            text(
                VerdictCodec.encode(
                    new Accepted(Samples.TRANSACTION, Samples.PRODUCT, null, HASH, 10, 11))))
        .contains("\"customer\":null,");
  }

  @Test
  void additionsFollowWhatEveryAcceptedVerdictHas() {
    Additions additions =
        Additions.of("{\"channel\":\"web\"}")
            .with(
                "tariff", new ReferenceDocument("p-1", 2, "{\"product_id\":\"p-1\",\"version\":2}"))
            .with("risk", null);
    byte[] verdict =
        VerdictCodec.encode(
            new Accepted(
                Samples.TRANSACTION, Samples.PRODUCT, Samples.CUSTOMER, HASH, 10, 11, additions));
    assertThat(text(verdict))
        .endsWith(
            """
            "received_at":10,"decided_at":11,\
            "references":{"tariff":{"product_id":"p-1","version":2},"risk":null},\
            "extra":{"channel":"web"}}""");
    assertThat(VerdictCodec.decodeAcceptance(verdict).contentHash()).isEqualTo(HASH);
  }

  @Test
  void rejectedSaysWhetherToComeAgain() {
    assertThat(
            text(
                VerdictCodec.encode(
                    new Rejected("t", "c", RejectionReason.TOKEN_EXPIRED, "expired", 1, 2))))
        .isEqualTo(
            """
            {"transaction_id":"t","customer_id":"c","reason":"TOKEN_EXPIRED","retryable":true,\
            "detail":"expired","received_at":1,"decided_at":2}""");
    assertThat(
            text(
                VerdictCodec.encode(
                    new Rejected("t", "c", RejectionReason.DUPLICATE_ID, "seen", 1, 2))))
        .contains("\"retryable\":false");
  }

  @Test
  void duplicateNamesTheAcceptanceThatItRepeats() {
    Rejected duplicate =
        new Rejected(
            "t",
            "c",
            RejectionReason.DUPLICATE_ID,
            "seen",
            3,
            4,
            new PriorAcceptance(1, 4_000_000_000L, 1, 2));
    assertThat(text(VerdictCodec.encode(duplicate)))
        .isEqualTo(
            """
            {"transaction_id":"t","customer_id":"c","reason":"DUPLICATE_ID","retryable":false,\
            "detail":"seen","received_at":3,"decided_at":4,"acceptance":{"source_partition":1,\
            "source_offset":4000000000,"received_at":1,"decided_at":2}}""");
    assertThat(VerdictCodec.decodeRejected(VerdictCodec.encode(duplicate))).isEqualTo(duplicate);
  }

  /** Files as builds have written them: they are read for as long as there are such verdicts. */
  @Test
  void verdictsOfEveryBuildAreRead() throws IOException {
    assertThat(VerdictCodec.decodeAcceptance(golden("accepted-1.json")))
        .isEqualTo(
            new VerdictCodec.Acceptance(
                "t-1", "c-1", 1998, "GBP", HASH, 1_290_000_000_100L, 1_290_000_000_105L));
    assertThat(VerdictCodec.decodeRejected(golden("rejected-1.json")))
        .isEqualTo(
            new Rejected(
                "t-1",
                "c-1",
                RejectionReason.DUPLICATE_ID,
                "same id and content as input 0/7",
                1_290_000_000_200L,
                1_290_000_000_204L));
    assertThat(VerdictCodec.decodeRejected(golden("rejected-2.json")))
        .isEqualTo(
            new Rejected(
                "t-1",
                "c-1",
                RejectionReason.DUPLICATE_ID,
                "same id and content as input 0/7",
                1_290_000_000_200L,
                1_290_000_000_204L,
                new PriorAcceptance(0, 7, 1_290_000_000_100L, 1_290_000_000_105L)));
    for (String name : new String[] {"accepted-1", "rejected-1", "rejected-2"}) {
      assertThat(
              Schemas.errors(
                  Schemas.named(name.substring(0, name.length() - 2)), golden(name + ".json")))
          .as(name)
          .isEmpty();
    }
  }

  private static byte[] golden(String name) throws IOException {
    try (InputStream in = VerdictCodecTest.class.getResourceAsStream("/verdicts/" + name)) {
      return in.readAllBytes();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "null",
        "[]",
        "7",
        "{",
        "{}",
        "{} {}",
        "{\"transaction_id\":1,\"customer_id\":\"c\"}"
      })
  void whatIsNoVerdictIsRefused(String value) {
    assertThatThrownBy(() -> VerdictCodec.decodeAcceptance(bytes(value)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> VerdictCodec.decodeRejected(bytes(value)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void nullIsRefused() {
    assertThatThrownBy(() -> VerdictCodec.decodeAcceptance(null))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> VerdictCodec.decodeRejected(null))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void damagedVerdictIsRefused() {
    String rejected =
        text(
            VerdictCodec.encode(
                new Rejected("t", "c", RejectionReason.DUPLICATE_ID, "seen", 1, 2)));
    for (String bad :
        new String[] {
          rejected.replace("DUPLICATE_ID", "DUPLICATE"),
          rejected.replace("\"received_at\":1", "\"received_at\":1.5"),
          rejected.replace("\"received_at\":1", "\"received_at\":9223372036854775808"),
          rejected.replace("\"detail\":\"seen\",", ""),
          rejected + rejected,
          rejected.replace("\"detail\"", "\"customer_id\"")
        }) {
      assertThatThrownBy(() -> VerdictCodec.decodeRejected(bytes(bad)))
          .as(bad)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static String text(byte[] value) {
    return new String(value, StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
