package io.turnstile.job;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.turnstile.decision.dedup.Acceptance;
import io.turnstile.decision.reference.Reference;
import io.turnstile.decision.reference.ReferenceHistory;
import io.turnstile.decision.token.Jwks;
import io.turnstile.decision.token.SavedTokens;
import io.turnstile.events.Additions;
import io.turnstile.events.ContentHash;
import io.turnstile.events.Customer;
import io.turnstile.events.DeadLetterCode;
import io.turnstile.events.Outcome;
import io.turnstile.events.Product;
import io.turnstile.events.ReferenceDocument;
import io.turnstile.events.RejectionReason;
import io.turnstile.events.SourcePosition;
import io.turnstile.events.Transaction;
import io.turnstile.job.codec.AcceptanceSerializer;
import io.turnstile.job.codec.ContentHashSerializer;
import io.turnstile.job.codec.JwksSerializer;
import io.turnstile.job.codec.RecordSerializer;
import io.turnstile.job.codec.RecordType;
import io.turnstile.job.codec.SavedTokensSerializer;
import io.turnstile.job.decide.Verdict;
import io.turnstile.job.read.InputMetadata;
import io.turnstile.job.read.InputRecord;
import io.turnstile.job.read.ReferenceKind;
import io.turnstile.job.validate.AuthenticatedTransaction;
import io.turnstile.job.validate.DecisionInput;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SerializersTest {

  /** By the number of the layout: name of a case and its bytes in hexadecimal per line. */
  private static final String GOLDEN = "/state-format-%d.golden.tsv";

  private static final int LAYOUT = 2;

  private static final String LONG = "\ud83c\udfab\u0000".repeat(20_000);
  private static final byte[] HUGE = new byte[4 << 20];
  private static final SourcePosition POSITION =
      new SourcePosition("transactions", 3, Long.MAX_VALUE);

  /**
   * A value, its serializer and whether its form outlives a version of the job.
   *
   * @param name in the golden file
   */
  private record Case(String name, Object value, RecordSerializer<?> serializer, boolean state) {

    @Override
    public String toString() {
      return name;
    }

    @SuppressWarnings("unchecked")
    RecordSerializer<Object> raw() {
      return (RecordSerializer<Object>) serializer;
    }
  }

  static List<Case> cases() {
    InputMetadata metadata = new InputMetadata(POSITION, -1, "caf\u00e9 \ud83c\udfab");
    InputMetadata plain = new InputMetadata(new SourcePosition("t", 0, 0), 1_000, "c");
    Transaction transaction = transaction("i", "c");
    Product product = new Product("p", "", "category", -5, "EUR", Long.MIN_VALUE, 7, 1_000);
    Customer customer = new Customer("c", "", "segment", "DE", -7, 1_000);
    ContentHash hash = ContentHash.of(transaction);
    List<Case> cases = new ArrayList<>();
    cases.add(
        state(
            "authenticated",
            new AuthenticatedTransaction(plain, transaction),
            AuthenticatedTransaction.Serializer.INSTANCE));
    cases.add(
        state(
            "enriched",
            new DecisionInput.Enriched(metadata, transaction, product),
            DecisionInput.Serializer.INSTANCE));
    cases.add(
        state(
            "authenticated-extra",
            new AuthenticatedTransaction(plain, transaction, "{\"a\":\"\u00e9\"}"),
            AuthenticatedTransaction.Serializer.INSTANCE));
    ReferenceDocument document =
        new ReferenceDocument("p", 7, "{\"product_id\":\"p\",\"version\":7}");
    cases.add(
        state(
            "enriched-additions",
            new DecisionInput.Enriched(plain, transaction, product, Additions.of("{}"))
                .with("tariff", document)
                .with("risk", null),
            DecisionInput.Serializer.INSTANCE));
    Reference<ReferenceDocument> ofDocument = new Reference<>("p", document, 7, 2, 9, 1_000);
    cases.add(state("document", ofDocument, ReferenceKind.OF_PRODUCT.serializer()));
    cases.add(
        state(
            "document-deleted",
            Reference.<ReferenceDocument>delete("p", 2, 9, 1_000),
            ReferenceKind.OF_CUSTOMER.serializer()));
    cases.add(
        state(
            "document-history",
            ReferenceHistory.of(ofDocument),
            ReferenceKind.OF_PRODUCT.historySerializer()));
    cases.add(
        state(
            "refused",
            new DecisionInput.Refused(plain, "i", "c", RejectionReason.UNKNOWN_PRODUCT, ""),
            DecisionInput.Serializer.INSTANCE));
    cases.add(
        state(
            "unreadable",
            new DecisionInput.Unreadable(
                plain, new byte[0], new byte[] {-1, 0}, DeadLetterCode.MALFORMED_JSON, "why"),
            DecisionInput.Serializer.INSTANCE));
    cases.add(
        state(
            "unreadable-null",
            new DecisionInput.Unreadable(plain, null, null, DeadLetterCode.MALFORMED_JSON, "why"),
            DecisionInput.Serializer.INSTANCE));
    cases.add(
        state(
            "unreadable-headers",
            new DecisionInput.Unreadable(
                plain,
                new byte[0],
                new byte[] {-1, 0},
                new RecordHeaders().add("input.a", new byte[] {1}).add("input.a", null),
                DeadLetterCode.MALFORMED_JSON,
                "why"),
            DecisionInput.Serializer.INSTANCE));
    cases.add(
        state(
            "product",
            new Reference<>("p", product, 7, 2, 9, 1_000),
            ReferenceKind.PRODUCT.serializer()));
    cases.add(
        state(
            "product-deleted",
            new Reference<>("p", null, Reference.NO_VERSION, 2, 9, 1_000),
            ReferenceKind.PRODUCT.serializer()));
    cases.add(
        state(
            "customer",
            new Reference<>("c", customer, -7, 2, 9, 1_000),
            ReferenceKind.CUSTOMER.serializer()));
    cases.add(
        state(
            "customer-deleted",
            new Reference<>("c", null, -7, 2, 9, 1_000),
            ReferenceKind.CUSTOMER.serializer()));
    Reference<Product> version = new Reference<>("p", product, 7, 2, 9, 1_000);
    cases.add(
        state(
            "product-history",
            new ReferenceHistory<>(
                Reference.delete("p", 1, 8, 999),
                List.of(version, new Reference<>("p", product, 3, 1, 10, 1_001))),
            ReferenceKind.PRODUCT.historySerializer()));
    cases.add(
        state(
            "product-history-deleted",
            ReferenceHistory.of(Reference.<Product>delete("p", 2, 9, 1_000)),
            ReferenceKind.PRODUCT.historySerializer()));
    cases.add(
        state(
            "customer-history",
            ReferenceHistory.of(new Reference<>("c", customer, -7, 2, 9, 1_000)),
            ReferenceKind.CUSTOMER.historySerializer()));
    cases.add(
        state(
            "acceptance",
            new Acceptance("i", hash, 3, 42, 1_000, 1_005),
            AcceptanceSerializer.INSTANCE));
    cases.add(
        state(
            "acceptance-of-id",
            new Acceptance(null, hash, 0, Long.MAX_VALUE, 1_795_326_714_497L, 1),
            AcceptanceSerializer.INSTANCE));
    cases.add(
        state(
            "acceptance-of-content",
            new Acceptance("caf\u00e9", null, Integer.MAX_VALUE, 64, -1, Long.MIN_VALUE),
            AcceptanceSerializer.INSTANCE));
    cases.add(
        state(
            "jwks",
            new Jwks("https://idp.example/jwks", "{\"keys\":[\"\u00e9\"]}", 1_000),
            JwksSerializer.INSTANCE));
    cases.add(
        state(
            "verified-tokens",
            new SavedTokens(
                "1 [ES256] - -",
                Map.of(
                    "key",
                    List.of(
                        new SavedTokens.Token(ByteBuffer.wrap(new byte[] {1, 2}), "c", 2_000, 5),
                        new SavedTokens.Token(ByteBuffer.wrap(new byte[32]), null, -1, 0)))),
            SavedTokensSerializer.INSTANCE));
    cases.add(state("content-hash", hash, ContentHashSerializer.INSTANCE));
    cases.add(
        inFlight(
            "huge-authenticated",
            new AuthenticatedTransaction(metadata, transaction(LONG, LONG)),
            AuthenticatedTransaction.TYPE));
    cases.add(
        inFlight(
            "already-decided", new DecisionInput.AlreadyDecided(metadata), DecisionInput.TYPE));
    cases.add(
        inFlight(
            "huge-unreadable",
            new DecisionInput.Unreadable(metadata, HUGE, HUGE, DeadLetterCode.TOO_LARGE, LONG),
            DecisionInput.TYPE));
    cases.add(
        state(
            "input-held",
            new InputRecord(new SourcePosition("t", 1, 2), 1_000, new byte[] {1}, new byte[] {2}),
            InputRecord.Serializer.INSTANCE));
    cases.add(
        state(
            "input-headers",
            new InputRecord(
                new SourcePosition("t", 1, 2),
                1_000,
                new byte[] {1},
                new byte[] {2},
                new RecordHeaders().add("a", new byte[] {3})),
            InputRecord.Serializer.INSTANCE));
    cases.add(
        inFlight("input", new InputRecord(POSITION, 5, new byte[] {1}, HUGE), InputRecord.TYPE));
    cases.add(inFlight("input-null", new InputRecord(POSITION, 5, null, null), InputRecord.TYPE));
    cases.add(
        inFlight(
            "verdict",
            new Verdict(7, POSITION, Outcome.ACCEPTED, 5, "c".getBytes(UTF_8), HUGE, null, null),
            Verdict.TYPE));
    cases.add(
        inFlight(
            "verdict-dead-letter",
            new Verdict(7, POSITION, Outcome.DEAD_LETTER, 5, null, null, "TOO_LARGE", "why"),
            Verdict.TYPE));
    cases.add(
        inFlight(
            "verdict-headers",
            new Verdict(
                7,
                POSITION,
                Outcome.DEAD_LETTER,
                5,
                null,
                null,
                new RecordHeaders().add("input.", new byte[0]).add(LONG, HUGE).add("input.b", null),
                "TOO_LARGE",
                "why"),
            Verdict.TYPE));
    return cases;
  }

  static List<Case> stateCases() {
    return cases().stream().filter(Case::state).toList();
  }

  /** All but the key, which cannot change its form. */
  static List<Case> versionedCases() {
    return stateCases().stream().filter(it -> !it.name().equals("content-hash")).toList();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void whatIsReadIsWhatWasWritten(Case it) throws Exception {
    DataInputDeserializer in = new DataInputDeserializer(bytes(it));
    assertEqual(it.raw().deserialize(in), it.value());
    assertThat(in.available()).as("bytes left over").isZero();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void bytesCanBeCopiedUnseen(Case it) throws Exception {
    DataOutputSerializer out = new DataOutputSerializer(64);
    it.raw().copy(new DataInputDeserializer(bytes(it)), out);
    assertThat(out.getCopyOfBuffer()).isEqualTo(bytes(it));
  }

  /** Restores serializers as Flink does when it finds them in a checkpoint. */
  @ParameterizedTest
  @MethodSource("cases")
  void snapshotOfTheSerializerRestores(Case it) throws Exception {
    DataOutputSerializer out = new DataOutputSerializer(64);
    TypeSerializerSnapshot.writeVersionedSnapshot(out, it.raw().snapshotConfiguration());
    TypeSerializerSnapshot<Object> read =
        TypeSerializerSnapshot.readVersionedSnapshot(
            new DataInputDeserializer(out.getCopyOfBuffer()), getClass().getClassLoader());
    assertThat(read.restoreSerializer()).isEqualTo(it.serializer());
    assertThat(it.raw().snapshotConfiguration().resolveSchemaCompatibility(read).isCompatibleAsIs())
        .isTrue();
  }

  @ParameterizedTest
  @MethodSource("stateCases")
  void formatOfStateIsFrozen(Case it) throws Exception {
    byte[] golden = golden(LAYOUT).get(it.name());
    assertThat(HexFormat.of().formatHex(bytes(it))).isEqualTo(HexFormat.of().formatHex(golden));
  }

  /** Checkpoints of released versions hold these bytes: they are read for ever. */
  @ParameterizedTest
  @CsvSource({"1, 26", LAYOUT + ", 26"})
  void everyGoldenValueIsRead(int layout, int values) throws Exception {
    Map<String, Case> cases =
        stateCases().stream().collect(Collectors.toMap(Case::name, Function.identity()));
    Map<String, byte[]> golden = golden(layout);
    assertThat(golden).hasSize(values);
    for (Map.Entry<String, byte[]> each : golden.entrySet()) {
      Case it = cases.get(each.getKey());
      assertEqual(it.raw().deserialize(new DataInputDeserializer(each.getValue())), it.value());
    }
  }

  @ParameterizedTest
  @MethodSource("versionedCases")
  void unknownFormatIsSaidSo(Case it) throws Exception {
    byte[] ofTheFuture = bytes(it);
    ofTheFuture[0] = 9;
    assertThatThrownBy(() -> it.raw().deserialize(new DataInputDeserializer(ofTheFuture)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("has format 9, this version of the job reads ")
        .hasMessageContaining("restore with the version that wrote it");
  }

  @Test
  void tokenIsNeverWritten() throws Exception {
    Transaction withToken = new Transaction("i", "c", "p", 1, 1, "EUR", 1, "secret");
    AuthenticatedTransaction authenticated =
        new AuthenticatedTransaction(new InputMetadata(POSITION, 1, "c"), withToken);
    byte[] bytes =
        bytes(new Case("", authenticated, AuthenticatedTransaction.Serializer.INSTANCE, true));
    assertThat(new String(bytes, UTF_8)).doesNotContain("secret");
  }

  /** Arrays in records have no equality of their own. */
  private static void assertEqual(Object actual, Object expected) {
    assertThat(actual)
        .usingRecursiveComparison()
        .withEqualsForType(Arrays::equals, byte[].class)
        .isEqualTo(expected);
  }

  private static byte[] bytes(Case it) throws IOException {
    DataOutputSerializer out = new DataOutputSerializer(64);
    it.raw().serialize(it.value(), out);
    return out.getCopyOfBuffer();
  }

  private static Map<String, byte[]> golden(int layout) throws IOException {
    try (InputStream golden = SerializersTest.class.getResourceAsStream(GOLDEN.formatted(layout));
        Stream<String> lines = new BufferedReader(new InputStreamReader(golden, UTF_8)).lines()) {
      return lines
          .map(line -> line.split("\t", -1))
          .collect(Collectors.toMap(line -> line[0], line -> HexFormat.of().parseHex(line[1])));
    }
  }

  private static Transaction transaction(String id, String customer) {
    return new Transaction(id, customer, "p", -1, Long.MIN_VALUE, "EUR", 1_000, "");
  }

  private static Case state(String name, Object value, RecordSerializer<?> serializer) {
    return new Case(name, value, serializer, true);
  }

  private static Case inFlight(String name, Object value, RecordType<?> type) {
    return new Case(name, value, (RecordSerializer<?>) type.createSerializer(null), false);
  }
}
