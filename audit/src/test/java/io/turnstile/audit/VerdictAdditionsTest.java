package io.turnstile.audit;

import static io.turnstile.audit.History.transaction;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.turnstile.audit.History.Input;
import io.turnstile.audit.Violation.Kind;
import io.turnstile.clients.ReferenceSpec;
import io.turnstile.clients.ReferenceSpec.KeyedBy;
import io.turnstile.events.Additions;
import io.turnstile.events.CarriedFields;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.ReferenceDocument;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** References and carried fields of accepted verdicts, as the audit is told of them. */
class VerdictAdditionsTest {

  private static final ReferenceDocument TARIFF =
      new ReferenceDocument("p-1", 7, "{\"product_id\":\"p-1\",\"version\":7}");
  private static final ReferenceDocument RISK =
      new ReferenceDocument("c", 3, "{\"x\":{\"customer_id\":\"other\"},\"customer_id\":\"c\"}");

  private final History history = new History(true);

  private AuditReport audit() {
    return audit(
        List.of(
            new ReferenceSpec("tariff", KeyedBy.PRODUCT, "tariffs", null, true),
            new ReferenceSpec("risk", KeyedBy.CUSTOMER, "risks", null, false)),
        CarriedFields.of(List.of("channel", "basket")));
  }

  private AuditReport audit(List<ReferenceSpec> references, CarriedFields carried) {
    AuditConfig config =
        AuditConfig.builder("unused:1")
            .waitFor(Duration.ZERO)
            .references(references)
            .carried(carried)
            .build();
    return new AuditRun(config, history.log(), null).run();
  }

  private static Additions additions(String extra) {
    return Additions.of(extra).with("tariff", TARIFF).with("risk", RISK);
  }

  private Input send(String field) {
    Transaction transaction = transaction("t", "c", 1);
    String plain = new String(TransactionCodec.encode(transaction), UTF_8);
    byte[] value = ("{" + field + plain.substring(1)).getBytes(UTF_8);
    return history.send("c".getBytes(UTF_8), value, transaction);
  }

  @Test
  void whatTheJobWasToldToAddPasses() {
    Input input = send("\"basket\": [1.50, \"\\u00e9\"], \"other\": 1, \"channel\": \"web\",");
    history.accept(input, additions("{\"basket\":[1.50,\"é\"],\"channel\":\"web\"}"));
    assertThat(audit().violations()).isEmpty();
  }

  @Test
  void optionalReferenceMayBeNull() {
    history.accept(send(""), Additions.of("{}").with("tariff", TARIFF).with("risk", null));
    assertThat(audit().violations()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{'a':1}; references.tariff is missing",
        "{'tariff':null,'risk':null}; references.tariff is null, and it is required",
        "{'tariff':{'product_id':'p-2'},'risk':null}; references.tariff is not that of product_id",
        "{'tariff':{'x':{'product_id':'p-1'}},'risk':null}; references.tariff is not that of",
        "{'tariff':{'product_id':'p-1'},'risk':{'customer_id':'d'}}; references.risk is not that of",
        "{'tariff':{'product_id':'p-1'},'risk':'c'}; references.risk is missing or of the wrong type",
        "{'tariff':{'product_id':'p-1'},'risk':null,'more':null}; references.more is none that",
        "7; references is missing or of the wrong type"
      })
  void otherReferencesAreWrong(String references, String what) {
    Input input = send("");
    String accepted = new String(history.accept(input, additions("{}")).record().value(), UTF_8);
    history.verdicts.set(
        0,
        history
            .verdicts
            .get(0)
            .withValue(
                accepted
                    .replaceFirst(
                        "\"references\":.*,\"extra\"",
                        "\"references\":" + references.replace('\'', '"') + ",\"extra\"")
                    .getBytes(UTF_8)));
    assertOneWrong(what);
  }

  @Test
  void verdictWithoutReferencesIsWrong() {
    history.accept(send(""), Additions.of("{}"));
    assertOneWrong("references is missing");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"channel\":\"web\"}",
        "{\"basket\":1.5,\"channel\":\"web\"}",
        "{\"basket\":[1.50],\"channel\":\"web\",\"more\":1}"
      })
  void otherCarriedFieldsAreWrong(String extra) {
    history.accept(send("\"basket\":[1.50],\"channel\":\"web\","), additions(extra));
    assertOneWrong("extra does not have the fields of its input");
  }

  @Test
  void verdictWithoutCarriedFieldsIsWrong() {
    history.accept(send(""), additions(null));
    assertOneWrong("extra is missing");
  }

  @Test
  void tooMuchToCarryDemandsADeadLetter() {
    String field = "\"channel\":\"" + "x".repeat(CarriedFields.MAX_BYTES) + "\",";
    history.deadLetter(send(field), DeadLetterCode.SCHEMA_VIOLATION);
    assertThat(audit().violations()).isEmpty();
    history.accept(send(field), additions("{}"));
    assertOneWrong("but its input is SCHEMA_VIOLATION");
  }

  @Test
  void ofWhatItIsNotToldTheAuditSaysNothing() {
    history.accept(send("\"channel\":\"web\","), Additions.of("{\"channel\":7}").with("x", null));
    assertThat(audit(List.of(), CarriedFields.NONE).violations()).isEmpty();
  }

  private void assertOneWrong(String what) {
    assertThat(audit().violations())
        .singleElement()
        .satisfies(
            violation -> {
              assertThat(violation.kind()).isEqualTo(Kind.WRONG);
              assertThat(violation.what()).contains(what);
            });
  }
}
