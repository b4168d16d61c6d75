package io.turnstile.simulator.hostile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.sym.ByteQuadsCanonicalizer;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.turnstile.clients.TokenClaims;
import io.turnstile.clients.TokenSigner;
import io.turnstile.clients.Topics;
import io.turnstile.decision.reference.MalformedReferenceException;
import io.turnstile.decision.reference.ReferenceDecoder;
import io.turnstile.decision.token.ExpectedClaims;
import io.turnstile.decision.token.TokenCheck;
import io.turnstile.decision.token.TokenFault;
import io.turnstile.decision.token.TokenSettings;
import io.turnstile.events.Decoded;
import io.turnstile.events.TopicNames;
import io.turnstile.events.Transaction;
import io.turnstile.events.TransactionCodec;
import io.turnstile.simulator.hostile.Attack.Delivery;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttacksTest {

  private static final TopicNames TOPICS = TopicNames.DEFAULT;
  private static final TokenClaims CLAIMS = new TokenClaims("issuer", "shop", "at+jwt");

  /** More than there are variants of any attack. */
  private static final int SHOTS = 40;

  private static final int MOST_BYTES_PER_SECOND = 2_500_000;

  @TempDir private static Path dir;

  private static Path jwks;
  private static List<Attack> attacks;

  @BeforeAll
  static void makeAttacks() throws IOException {
    jwks = dir.resolve("jwks.json");
    TokenForge tokens =
        new TokenForge(
            TokenSigner.generateKey(dir.resolve("key.json"), jwks),
            CLAIMS,
            Clock.systemUTC(),
            new Random(1));
    attacks = Attacks.all(TOPICS, tokens, new Random(1), "test");
  }

  @Test
  void everyInputIsJudgedAsItsAttackSays() throws IOException {
    TokenCheck tokens = tokenCheck();
    for (Attack attack : attacks) {
      for (Shot shot : shots(attack)) {
        if (!shot.verdicts().isEmpty()) {
          assertThat(judge(shot.record().value(), tokens)).as(attack.name()).isIn(shot.verdicts());
        }
      }
    }
  }

  /** Every one of these would do harm if the job did not know for whom tokens must be. */
  @Test
  void tokensForOthersAreSentOnlyIfTheJobCanTell() throws IOException {
    assertThat(attacks).extracting(Attack::name).contains("tokens-for-others");
    TokenForge tokens =
        new TokenForge(
            TokenSigner.readKey(dir.resolve("key.json")),
            TokenClaims.NONE,
            Clock.systemUTC(),
            new Random(1));
    assertThat(Attacks.all(TOPICS, tokens, new Random(1), "test"))
        .extracting(Attack::name)
        .doesNotContain("tokens-for-others")
        .contains("token-tricks");
  }

  @Test
  void whatTheBrokerRefusesIsOverTheLimitAndAllElseIsWithin() {
    for (Attack attack : attacks) {
      for (Shot shot : shots(attack)) {
        if (shot.record().topic().equals(TOPICS.transactions())) {
          assertThat(batchBytes(shot.record()) > Topics.MAX_INPUT_BYTES)
              .as(attack.name())
              .isEqualTo(shot.refused());
        }
      }
    }
  }

  @Test
  void headerBombsAreAlmostAsLargeAsTheTopicAdmits() {
    for (Shot shot : shots(attack("header-bombs"))) {
      assertThat(batchBytes(shot.record())).isGreaterThan(Topics.MAX_INPUT_BYTES * 99 / 100);
    }
  }

  @Test
  void namesDifferAndNoAttackSendsMoreThanAQuotaWouldAdmit() {
    Set<String> names = new HashSet<>();
    for (Attack attack : attacks) {
      assertThat(names.add(attack.name())).as(attack.name()).isTrue();
      assertThat(attack.perSecond()).as(attack.name()).isBetween(0.1, 1_000.0);
      double bytes = shots(attack).stream().mapToLong(shot -> batchBytes(shot.record())).sum();
      assertThat(bytes / shots(attack).size() * attack.perSecond())
          .as(attack.name())
          .isLessThan(MOST_BYTES_PER_SECOND);
    }
  }

  @Test
  void productsAndCustomersAreTheAttackersOwn() {
    for (Attack attack : attacks) {
      for (Shot shot : shots(attack)) {
        if (!shot.record().topic().equals(TOPICS.transactions())) {
          assertThat(text(shot.record().key())).as(attack.name()).startsWith("hostile-test-");
          assertThat(shot.verdicts()).isEmpty();
        }
      }
    }
  }

  @Test
  void malformedReferencesAreMalformedAndOthersAreNot() throws MalformedReferenceException {
    for (Shot shot : shots(attack("malformed-products"))) {
      assertThatThrownBy(() -> decode(shot, ReferenceDecoder.PRODUCT))
          .isInstanceOf(MalformedReferenceException.class);
    }
    for (Shot shot : shots(attack("malformed-customers"))) {
      assertThatThrownBy(() -> decode(shot, ReferenceDecoder.CUSTOMER))
          .isInstanceOf(MalformedReferenceException.class);
    }
    for (Shot shot : shots(attack("large-products"))) {
      assertThatThrownBy(() -> decode(shot, ReferenceDecoder.PRODUCT))
          .isInstanceOf(MalformedReferenceException.class);
    }
    for (Shot shot : shots(attack("product-backlog"))) {
      decode(shot, ReferenceDecoder.PRODUCT);
    }
    List<String> values = new ArrayList<>();
    for (long n = 0; n < 2_000; n += 500) {
      Shot shot = attack("versions-and-deletes").shots().apply(n);
      decode(shot, ReferenceDecoder.PRODUCT);
      values.add(shot.record().value() == null ? "delete" : text(shot.record().value()));
    }
    assertThat(values).anyMatch(value -> value.contains(":" + Long.MAX_VALUE));
    assertThat(values).contains("delete").doesNotHaveDuplicates();
  }

  @Test
  void collidingStringsHaveOneHash() throws IOException {
    Set<String> names = names(BadValues.collidingStrings());
    assertThat(names).hasSizeGreaterThan(10_000);
    assertThat(names.stream().mapToInt(String::hashCode).distinct()).hasSize(1);
  }

  @Test
  void collidingQuadsHaveOneHash() throws IOException {
    ByteQuadsCanonicalizer table = ByteQuadsCanonicalizer.createRoot();
    Set<String> names = names(BadValues.collidingQuads(new Random(1)));
    assertThat(names).hasSizeGreaterThan(70_000);
    assertThat(
            names.stream()
                .map(name -> ByteBuffer.wrap(name.getBytes(StandardCharsets.US_ASCII)))
                .mapToInt(name -> table.calcHash(name.getInt(0), name.getInt(4)))
                .distinct())
        .hasSize(1);
  }

  @Test
  void onlyForeignTransactionsAreAborted() {
    assertThat(attacks)
        .filteredOn(attack -> attack.delivery() == Delivery.ABORTED)
        .extracting(Attack::name)
        .containsExactly("aborted-transactions");
    assertThat(shots(attack("aborted-transactions")))
        .allMatch(shot -> shot.verdicts().isEmpty() && !shot.refused());
  }

  /** As the job does, for a product that does not exist. */
  private static String judge(byte[] value, TokenCheck tokens) throws IOException {
    Decoded<Transaction> decoded = TransactionCodec.decode(value);
    if (decoded instanceof Decoded.Invalid<Transaction> invalid) {
      return invalid.code().name();
    }
    Transaction transaction = ((Decoded.Valid<Transaction>) decoded).record();
    TokenFault fault =
        tokens.check(transaction.token(), transaction.customerId(), System.currentTimeMillis());
    if (fault != null) {
      return fault.reason().name();
    }
    return transaction.productId().startsWith("none") ? "UNKNOWN_PRODUCT" : "ACCEPTED";
  }

  /** Its clock runs fast, so that it does not wait to read the keys again. */
  private static TokenCheck tokenCheck() throws IOException {
    AtomicLong seconds = new AtomicLong();
    return TokenCheck.open(
        new TokenSettings(
            jwks.toString(),
            Set.of("ES256"),
            100,
            Duration.ofSeconds(30),
            Duration.ofHours(1),
            new ExpectedClaims("issuer", Set.of("shop"), "at+jwt"),
            TokenSettings.CONNECT_TIMEOUT,
            TokenSettings.READ_TIMEOUT,
            TokenSettings.JWKS_MAX_AGE),
        null,
        () -> Duration.ofSeconds(seconds.incrementAndGet()).toNanos(),
        System::currentTimeMillis);
  }

  private static Attack attack(String name) {
    return attacks.stream().filter(each -> each.name().equals(name)).findAny().orElseThrow();
  }

  private static List<Shot> shots(Attack attack) {
    int count = attack.perSecond() < 10 ? 4 : SHOTS;
    return LongStream.range(0, count).mapToObj(attack.shots()).toList();
  }

  private static int batchBytes(ProducerRecord<byte[], byte[]> record) {
    return MemoryRecords.withRecords(
            Compression.NONE,
            new SimpleRecord(0, record.key(), record.value(), record.headers().toArray()))
        .sizeInBytes();
  }

  private static void decode(Shot shot, ReferenceDecoder<?> decoder)
      throws MalformedReferenceException {
    decoder.decode(shot.record().key(), shot.record().value(), 0, 0, 0);
  }

  private static Set<String> names(byte[] json) throws IOException {
    Set<String> names = new HashSet<>();
    try (JsonParser parser = new ObjectMapper().createParser(text(json))) {
      while (parser.nextToken() != null) {
        if (parser.currentToken() == JsonToken.FIELD_NAME) {
          assertThat(names.add(parser.currentName())).isTrue();
        }
      }
    }
    return names;
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
