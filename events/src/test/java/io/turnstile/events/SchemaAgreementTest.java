package io.turnstile.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the published schemas against the codecs: both must say the same of every value. */
class SchemaAgreementTest {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** A codec, its schema and a good value. */
  private record Contract(String name, Function<byte[], Decoded<?>> codec, String good) {

    Schema schema() {
      return Schemas.named(name);
    }

    ObjectNode goodNode() {
      return tree(bytes(good));
    }

    /** The good value with one field's value replaced by this JSON text. */
    String with(String field, String json) {
      ObjectNode node = goodNode();
      node.put(field, "@@");
      return node.toString().replace("\"@@\"", json);
    }
  }

  private static final List<Contract> CONTRACTS =
      List.of(
          new Contract(
              "transaction",
              TransactionCodec::decode,
              utf8(TransactionCodec.encode(Samples.TRANSACTION))),
          new Contract(
              "inventory", ProductCodec::decode, utf8(ProductCodec.encode(Samples.PRODUCT))),
          new Contract(
              "customer", CustomerCodec::decode, utf8(CustomerCodec.encode(Samples.CUSTOMER))),
          new Contract(
              "product-reference",
              ReferenceDocumentCodec.OF_PRODUCT::decode,
              "{\"product_id\":\"p-1\",\"version\":7}"),
          new Contract(
              "customer-reference",
              ReferenceDocumentCodec.OF_CUSTOMER::decode,
              "{\"customer_id\":\"c-1\",\"version\":7}"));

  private static final List<String> IDS = List.of("transaction_id", "customer_id", "product_id");
  private static final List<String> TEXTS = List.of("name", "category", "segment", "country");
  private static final List<String> INT64 =
      List.of("amount", "occurred_at", "unit_price", "stock", "version", "updated_at");

  /** A value and whether it is a record. */
  record Case(String what, Contract contract, String json, boolean valid) {
    @Override
    public String toString() {
      return contract.name() + ": " + what;
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void schemaAndCodecAgree(Case c) {
    Decoded<?> decoded = c.contract().codec().apply(bytes(c.json()));
    List<String> errors = Schemas.errors(c.contract().schema(), bytes(c.json()));

    if (c.valid()) {
      assertThat(decoded).isInstanceOf(Decoded.Valid.class);
      assertThat(errors).isEmpty();
    } else {
      assertThat(((Decoded.Invalid<?>) decoded).code()).isEqualTo(DeadLetterCode.SCHEMA_VIOLATION);
      assertThat(errors).isNotEmpty();
    }
  }

  static Stream<Case> cases() {
    return CONTRACTS.stream().flatMap(SchemaAgreementTest::cases);
  }

  private static Stream<Case> cases(Contract contract) {
    Stream.Builder<Case> cases = Stream.builder();
    cases.add(new Case("the good value", contract, contract.goodNode().toString(), true));
    for (String json : List.of("[]", "[{}]", "\"text\"", "1", "true", "null", "{}")) {
      cases.add(new Case(json, contract, json, false));
    }
    cases.add(new Case("unknown field", contract, contract.with("unknown", "\"anything\""), true));
    cases.add(
        new Case(
            "nested unknown fields",
            contract,
            contract.with("unknown", "{\"a\": [1, {\"b\": null}, \"\"], \"c\": {}}"),
            true));

    contract
        .goodNode()
        .properties()
        .forEach(
            property -> {
              String field = property.getKey();
              ObjectNode without = contract.goodNode();
              without.remove(field);
              cases.add(new Case(field + " missing", contract, without.toString(), false));

              Values values = new Values(contract, field, cases);
              values.bad("null", "true", "false", "[]", "{}", "[1]", "{\"a\": 1}");
              values.bad(property.getValue().isTextual() ? "1" : "\"1\"");
              of(field, property.getValue(), values);
            });
    return cases.build();
  }

  private static void of(String field, JsonNode good, Values values) {
    if (IDS.contains(field)) {
      values.bad("\"\"", text("a", 257), text("€", 257));
      values.good("\" \"", text("a", 256), text("€", 85), text("😀", 64), "\"\\u20ac\"");
    } else if (TEXTS.contains(field)) {
      values.bad(text("a", 4097));
      values.good("\"\"", text("a", 4096), text("€", 1365));
    } else if (field.equals("currency")) {
      values.bad("\"\"", "\"GB\"", "\"GBPX\"", "\"gbp\"", "\"Gbp\"", "\" GBP\"", "\"GBP\\n\"");
      values.bad("\"ÄÖÜ\"", "\"G1P\"", "\"ＧＢＰ\"");
      values.good("\"EUR\"", "\"XXX\"", "\"\\u0047BP\"");
    } else if (field.equals("token")) {
      values.good("\"\"", text("a", 10_000));
    } else {
      assertThat(good.isNumber()).as("a type of field without cases: " + field).isTrue();
      values.bad("1.5", "-0.5", "1e-1", "1E400");
      values.good("0", "-0", "-1", "2147483647", "-2147483648");
      values.good("10.0", "1e0", "1e2", "-0.0", "12.5e1", "2147483647.0");
      if (field.equals("quantity")) {
        values.bad(
            "2147483648.0", "21474836480e-1", "2147483648", "-2147483649", "9223372036854775807");
      } else {
        assertThat(INT64).contains(field);
        values.good("2147483648", "9223372036854775807", "-9223372036854775808");
      }
      values.bad("9223372036854775808", "-9223372036854775809", "1" + "0".repeat(500));
    }
  }

  private record Values(Contract contract, String field, Stream.Builder<Case> cases) {
    void good(String... values) {
      add(true, values);
    }

    void bad(String... values) {
      add(false, values);
    }

    private void add(boolean valid, String... values) {
      for (String value : values) {
        String shown = value.length() <= 40 ? value : value.substring(0, 40) + "…";
        cases.add(new Case(field + " " + shown, contract, contract.with(field, value), valid));
      }
    }
  }

  /**
   * Values that the codec refuses and a JSON Schema cannot express; the schemas say so in words.
   */
  @Test
  void codecIsStricterWhereSchemaCannotSayIt() {
    Contract contract = CONTRACTS.get(0);
    List<String> values =
        List.of(
            // A schema counts characters, the contract bytes of UTF-8.
            contract.with("transaction_id", text("é", 129)),
            contract.with("transaction_id", text("😀", 65)),
            // Cannot be written back as UTF-8.
            contract.with("product_id", "\"\\ud800\""));
    assertThat(values)
        .allSatisfy(
            value -> {
              assertThat(Schemas.errors(contract.schema(), bytes(value))).isEmpty();
              assertThat(contract.codec().apply(bytes(value)))
                  .extracting("code")
                  .isEqualTo(DeadLetterCode.SCHEMA_VIOLATION);
            });

    String twice = contract.goodNode().toString().replaceFirst("\\{", "{\"amount\": 1, ");
    assertThat(Schemas.errors(contract.schema(), bytes(twice))).isEmpty();
    assertThat(contract.codec().apply(bytes(twice)))
        .extracting("code")
        .isEqualTo(DeadLetterCode.MALFORMED_JSON);
  }

  @Test
  void everythingWrittenValidates() {
    long seed = new Random().nextLong();
    System.out.println("everythingWrittenValidates: seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 100; i++) {
      valid("transaction", TransactionCodec.encode(Samples.transaction(random)));
      valid("inventory", ProductCodec.encode(Samples.product(random)));
      valid("customer", CustomerCodec.encode(Samples.customer(random)));
      valid("accepted", VerdictCodec.encode(Samples.accepted(random)));
      valid("rejected", VerdictCodec.encode(Samples.rejected(random)));
    }
    for (RejectionReason reason : RejectionReason.values()) {
      valid("rejected", VerdictCodec.encode(new Rejected("t", "c", reason, "why", 1, 2)));
    }
  }

  /** Fields that a verdict may lack: those that have come since verdicts were first written. */
  private static final List<String> OPTIONAL = List.of("acceptance", "references", "extra");

  @Test
  void verdictSchemasDescribeEveryField() {
    Random random = new Random(1);
    for (String name : List.of("accepted", "rejected")) {
      byte[] verdict =
          name.equals("accepted")
              ? VerdictCodec.encode(Samples.accepted(random))
              : VerdictCodec.encode(duplicate(random));
      JsonNode schema = Schemas.named(name).getSchemaNode();

      List<String> described = fieldNames(schema.get("properties"));
      assertThat(described)
          .containsExactlyInAnyOrderElementsOf(concat(fieldNames(tree(verdict)), "token"));
      List<String> fields = new ArrayList<>(fieldNames(tree(verdict)));
      fields.removeAll(OPTIONAL);
      assertThat(schema.get("required"))
          .extracting(JsonNode::asText)
          .containsExactlyInAnyOrderElementsOf(fields);
      for (String field : fields) {
        ObjectNode without = tree(verdict);
        without.remove(field);
        assertThat(Schemas.errors(Schemas.named(name), bytes(without.toString())))
            .as("%s without %s", name, field)
            .isNotEmpty();
      }
    }
  }

  @Test
  void onlyADuplicateHasAnAcceptance() {
    Random random = new Random(1);
    for (RejectionReason reason : RejectionReason.values()) {
      ObjectNode rejected = tree(VerdictCodec.encode(duplicate(random)));
      rejected.put("reason", reason.name());
      rejected.put("retryable", reason.retryable());
      List<String> errors = Schemas.errors(Schemas.named("rejected"), bytes(rejected.toString()));
      if (reason == RejectionReason.DUPLICATE_ID) {
        assertThat(errors).isEmpty();
      } else {
        assertThat(errors).as(reason.name()).isNotEmpty();
        assertThatThrownBy(() -> VerdictCodec.decodeRejected(bytes(rejected.toString())))
            .isInstanceOf(IllegalArgumentException.class);
      }
    }
  }

  @Test
  void acceptanceHasAllItsFieldsOrIsNone() {
    ObjectNode duplicate = tree(VerdictCodec.encode(duplicate(new Random(1))));
    List<String> fields = fieldNames(duplicate.get("acceptance"));
    assertThat(fields)
        .containsExactly("source_partition", "source_offset", "received_at", "decided_at");
    for (String field : fields) {
      for (String bad : List.of("null", "\"1\"", "1.5", "9223372036854775808")) {
        ObjectNode other = duplicate.deepCopy();
        ((ObjectNode) other.get("acceptance")).put(field, "@@");
        refused(other.toString().replace("\"@@\"", bad));
      }
      ObjectNode without = duplicate.deepCopy();
      ((ObjectNode) without.get("acceptance")).remove(field);
      refused(without.toString());
    }
    for (String bad : List.of("null", "7", "[]", "{}", "\"\"")) {
      ObjectNode other = duplicate.deepCopy();
      other.put("acceptance", "@@");
      refused(other.toString().replace("\"@@\"", bad));
    }
  }

  private static void refused(String rejected) {
    assertThat(Schemas.errors(Schemas.named("rejected"), bytes(rejected)))
        .as(rejected)
        .isNotEmpty();
    assertThatThrownBy(() -> VerdictCodec.decodeRejected(bytes(rejected)))
        .as(rejected)
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Rejected duplicate(Random random) {
    return new Rejected(
        "t", "c", RejectionReason.DUPLICATE_ID, "why", 1, 2, Samples.priorAcceptance(random));
  }

  @Test
  void verdictWithTokenIsInvalid() {
    Random random = new Random(1);
    ObjectNode accepted = tree(VerdictCodec.encode(Samples.accepted(random)));
    ObjectNode rejected = tree(VerdictCodec.encode(Samples.rejected(random)));
    accepted.put("token", "secret");
    rejected.put("token", "secret");
    assertThat(Schemas.errors(Schemas.named("accepted"), bytes(accepted.toString()))).hasSize(1);
    assertThat(Schemas.errors(Schemas.named("rejected"), bytes(rejected.toString()))).hasSize(1);
  }

  @Test
  void rejectionReasonsOfSchemaAreThoseOfTheCode() {
    JsonNode schema = Schemas.named("rejected").getSchemaNode();
    assertThat(schema.at("/properties/reason/enum"))
        .extracting(JsonNode::asText)
        .containsExactly(names(Stream.of(RejectionReason.values())));
    assertThat(schema.at("/if/properties/reason/enum"))
        .extracting(JsonNode::asText)
        .containsExactly(
            names(Stream.of(RejectionReason.values()).filter(RejectionReason::retryable)));
  }

  private static String[] names(Stream<RejectionReason> reasons) {
    return reasons.map(Enum::name).toArray(String[]::new);
  }

  private static void valid(String schema, byte[] json) {
    assertThat(Schemas.errors(Schemas.named(schema), json)).as(utf8(json)).isEmpty();
  }

  private static List<String> fieldNames(JsonNode node) {
    return node.properties().stream().map(Map.Entry::getKey).toList();
  }

  private static List<String> concat(List<String> list, String more) {
    return Stream.concat(list.stream(), Stream.of(more)).toList();
  }

  private static ObjectNode tree(byte[] json) {
    try {
      return (ObjectNode) MAPPER.readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(String character, int count) {
    return '"' + character.repeat(count) + '"';
  }

  private static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
