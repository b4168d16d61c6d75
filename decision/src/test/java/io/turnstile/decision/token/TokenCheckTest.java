package io.turnstile.decision.token;

import static io.turnstile.events.RejectionReason.TOKEN_EXPIRED;
import static io.turnstile.events.RejectionReason.TOKEN_INVALID;
import static io.turnstile.events.RejectionReason.TOKEN_NOT_YET_VALID;
import static io.turnstile.events.RejectionReason.TOKEN_SUBJECT_MISMATCH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.KeyOperation;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.jwk.RSAKey;
import io.turnstile.decision.token.Issuer.Ed25519;
import io.turnstile.events.RejectionReason;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenCheckTest {

  /** Epoch milliseconds, and the same in seconds. */
  private static final long NOW = 1_800_000_000_000L;

  private static final long NOW_S = NOW / 1000;

  private static final Duration SKEW = Duration.ofSeconds(30);

  private static final String CUSTOMER = "c-1";
  private static final String CLAIMS = claims(CUSTOMER, NOW_S + 300);
  private static final ECKey KEY = Issuer.ecKey("k1");
  private static final RSAKey RSA_KEY = Issuer.rsaKey("r1");
  private static final String[] ALL = {"ES256", "RS256", "PS256", "EdDSA"};

  private final FakeJwks jwks = new FakeJwks(Issuer.jwks(KEY));

  @Test
  void goodTokenPasses() throws IOException {
    assertPasses(open(), Issuer.es256(KEY, CLAIMS));
  }

  /** It becomes part of a verdict, which must not depend on the machine's settings. */
  @Test
  void numbersInADetailHaveAsciiDigitsInEveryLocale() throws IOException {
    String token = Issuer.es256(KEY, claims(CUSTOMER, 0));
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
    try {
      TokenResult expired = open().ask(token, CUSTOMER, NOW);
      assertThat(((TokenFault) expired).detail())
          .isEqualTo(
              "the token's exp lies 1800000000000 ms before the input was received, the skew"
                  + " allowed is 30000 ms");
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void everySupportedAlgorithmVerifies() throws IOException {
    Ed25519 edKey = Ed25519.generate("e1");
    jwks.published = Issuer.jwks(KEY, RSA_KEY, edKey.jwk());
    TokenCheck check = open(ALL);
    for (String token :
        new String[] {
          Issuer.es256(KEY, CLAIMS),
          Issuer.rsa(JWSAlgorithm.RS256, RSA_KEY, CLAIMS),
          Issuer.rsa(JWSAlgorithm.PS256, RSA_KEY, CLAIMS),
          edKey.token(CLAIMS)
        }) {
      assertPasses(check, token);
      assertInvalid(check, withOtherClaims(token));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "EdDSA, , EdDSA",
    "EdDSA, , Ed25519",
    "EdDSA, EdDSA, Ed25519",
    "EdDSA, Ed25519, EdDSA",
    "EdDSA, Ed25519, Ed25519",
    "Ed25519, , EdDSA",
    "Ed25519, EdDSA, EdDSA",
    "Ed25519, EdDSA, Ed25519",
    "Ed25519, Ed25519, EdDSA",
    "Ed25519, Ed25519, Ed25519"
  })
  void bothNamesOfEd25519AreOne(String allowed, String ofKey, String ofToken) throws IOException {
    Ed25519 key = Ed25519.generate("e1");
    jwks.published =
        Issuer.jwks(
            ofKey == null
                ? key.jwk()
                : new OctetKeyPair.Builder(key.jwk()).algorithm(JWSAlgorithm.parse(ofKey)).build());
    TokenCheck check = open(allowed);
    String token = key.token(ofToken, CLAIMS);
    assertPasses(check, token);
    assertInvalid(check, withOtherClaims(token));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Ed448", "ED25519", "ed25519", "eddsa", "ESP256"})
  void otherNamesAreNotOfEd25519(String algorithm) throws IOException {
    Ed25519 key = Ed25519.generate("e1");
    jwks.published = Issuer.jwks(KEY, key.jwk());
    TokenCheck check = open(ALL);
    assertInvalid(check, key.token(algorithm, CLAIMS));
  }

  @Test
  void algorithmThatIsNotAllowedIsInvalidThoughItsKeyIsThere() throws IOException {
    jwks.published = Issuer.jwks(KEY, RSA_KEY);
    TokenCheck check = open("ES256", "PS256");
    assertPasses(check, Issuer.rsa(JWSAlgorithm.PS256, RSA_KEY, CLAIMS));
    assertInvalid(check, Issuer.rsa(JWSAlgorithm.RS256, RSA_KEY, CLAIMS));
    assertInvalid(check, Issuer.rsa(JWSAlgorithm.PS512, RSA_KEY, CLAIMS));
  }

  @Test
  void algorithmThatIsNotAllowedFetchesNothing() throws IOException {
    TokenCheck check = open();
    jwks.pass(Duration.ofMinutes(1));
    assertInvalid(check, Issuer.rsa(JWSAlgorithm.RS256, RSA_KEY, CLAIMS));
    assertInvalid(check, Issuer.es256("{\"alg\":\"none\",\"kid\":\"x\"}", KEY, CLAIMS));
    assertThat(jwks.fetches).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "None", "NONE", "nOnE"})
  void unsignedTokenIsInvalid(String none) throws IOException {
    String unsigned =
        Issuer.base64("{\"alg\":\"" + none + "\"}") + "." + Issuer.base64(CLAIMS) + ".";
    String otherwiseSigned = Issuer.es256("{\"alg\":\"" + none + "\",\"kid\":\"k1\"}", KEY, CLAIMS);
    TokenCheck check = open(ALL);
    assertInvalid(check, unsigned);
    assertInvalid(check, otherwiseSigned);
  }

  @Test
  void publicKeyIsNoHmacSecret() throws IOException, JOSEException {
    jwks.published = Issuer.jwks(KEY, RSA_KEY);
    TokenCheck check = open(ALL);
    for (byte[] secret :
        new byte[][] {
          RSA_KEY.toRSAPublicKey().getEncoded(), KEY.toECPublicKey().getEncoded(),
        }) {
      assertInvalid(
          check,
          Issuer.sign(
              new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("r1").build(),
              new MACSigner(secret),
              CLAIMS));
    }
  }

  @Test
  void keyIsNotUsedForAnotherAlgorithm() throws IOException {
    jwks.published =
        Issuer.jwks(KEY, new RSAKey.Builder(RSA_KEY).algorithm(JWSAlgorithm.PS256).build());
    TokenCheck check = open(ALL);
    assertPasses(check, Issuer.rsa(JWSAlgorithm.PS256, RSA_KEY, CLAIMS));
    assertInvalid(check, Issuer.rsa(JWSAlgorithm.RS256, RSA_KEY, CLAIMS));
    assertInvalid(check, Issuer.es256("{\"alg\":\"RS256\",\"kid\":\"r1\"}", KEY, CLAIMS));
    assertInvalid(check, Issuer.es256("{\"alg\":\"RS256\",\"kid\":\"k1\"}", KEY, CLAIMS));
  }

  @Test
  void keyForEncryptionOrSigningIsNotUsed() throws IOException {
    ECKey encryption = new ECKey.Builder(Issuer.ecKey("enc")).keyUse(KeyUse.ENCRYPTION).build();
    ECKey signing =
        new ECKey.Builder(Issuer.ecKey("sign")).keyOperations(Set.of(KeyOperation.SIGN)).build();
    ECKey verifying =
        new ECKey.Builder(Issuer.ecKey("ver"))
            .keyUse(KeyUse.SIGNATURE)
            .keyOperations(Set.of(KeyOperation.VERIFY))
            .build();
    jwks.published = Issuer.jwks(encryption, signing, verifying);
    TokenCheck check = open();
    assertInvalid(check, Issuer.es256(encryption, CLAIMS));
    assertInvalid(check, Issuer.es256(signing, CLAIMS));
    assertPasses(check, Issuer.es256(verifying, CLAIMS));
  }

  @Test
  void forgedTokenWithKnownKeyIdIsInvalidAndNothingIsFetched() throws IOException {
    TokenCheck check = open();
    jwks.pass(Duration.ofMinutes(1));
    assertInvalid(check, Issuer.es256(Issuer.ecKey("k1"), CLAIMS));
    assertThat(jwks.fetches).isEqualTo(1);
  }

  @Test
  void keyInTheTokenItselfIsNotTrusted() throws IOException {
    ECKey own = Issuer.ecKey("k1");
    JWSHeader header =
        new JWSHeader.Builder(JWSAlgorithm.ES256).keyID("k1").jwk(own.toPublicJWK()).build();
    assertInvalid(open(), Issuer.es256(header, own, CLAIMS));
  }

  @Test
  void alteredTokenIsInvalidAlsoWhenTheGoodOneIsRemembered() throws IOException {
    TokenCheck check = open();
    String token = Issuer.es256(KEY, CLAIMS);
    assertPasses(check, token);
    assertInvalid(check, withOtherClaims(token));
    assertPasses(check, token);
  }

  @Test
  void severalKeysOfTheSameIdAreAllTried() throws IOException {
    ECKey first = Issuer.ecKey("same");
    ECKey second = Issuer.ecKey("same");
    jwks.published = Issuer.jwks(first, second);
    TokenCheck check = open();
    assertPasses(check, Issuer.es256(first, CLAIMS));
    assertPasses(check, Issuer.es256(second, CLAIMS));
  }

  @Test
  void tokenWithoutKeyIdIsTriedWithAllKeysOfItsAlgorithm() throws IOException {
    jwks.published = Issuer.jwks(RSA_KEY, Issuer.ecKey("k0"), KEY, Issuer.ecKey(null));
    JWSHeader header = new JWSHeader(JWSAlgorithm.ES256);
    TokenCheck check = open(ALL);
    assertPasses(check, Issuer.es256(header, KEY, CLAIMS));
    assertInvalid(check, Issuer.es256(header, Issuer.ecKey("k1"), CLAIMS));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",\"kid\":\"same\""})
  void tokenCostsBoundedNumberOfSignatureChecks(String keyId) throws IOException {
    String id = keyId.isEmpty() ? null : "same";
    ECKey[] keys = new ECKey[KeySet.MAX_TRIED + 1];
    Arrays.setAll(keys, i -> Issuer.ecKey(id));
    jwks.published = Issuer.jwks(keys);
    TokenCheck check = open();
    String header = "{\"alg\":\"ES256\"" + keyId + "}";
    assertPasses(check, Issuer.es256(header, keys[KeySet.MAX_TRIED - 1], CLAIMS));
    assertInvalid(check, Issuer.es256(header, keys[KeySet.MAX_TRIED], CLAIMS));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"crit\":[\"exp\"],\"exp\":1}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"crit\":[\"b64\"],\"b64\":true}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"crit\":[\"b64\"],\"b64\":false}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"crit\":[]}",
        "{\"alg\":\"ES256\",\"kid\":\"k1\",\"b64\":false}",
        "{\"alg\":\"ES256\",\"alg\":\"ES256\",\"kid\":\"k1\"}",
        "{\"alg\":\"ES256\",\"kid\":1}",
        "{\"alg\":[\"ES256\"],\"kid\":\"k1\"}",
        "{\"kid\":\"k1\"}",
        "[\"ES256\"]",
        "\"ES256\"",
        "null",
        "",
        "{"
      })
  void headerThatIsOddIsInvalidThoughWellSigned(String header) throws IOException {
    assertInvalid(open(), Issuer.es256(header, KEY, CLAIMS));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        ".",
        "..",
        "...",
        "a.b",
        "a.b.c",
        "a..c",
        "....",
        "a.b.c.d.e",
        "null",
        "{}",
        "[]",
        "ä.ö.ü",
        "\u0000.\u0000.\u0000",
        "Bearer a.b.c"
      })
  void textThatIsNoTokenIsInvalid(String text) throws IOException {
    assertInvalid(open(), text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "[1,2]", "\"c-1\"", "null", "7", "", "{", "{\"sub\"", "\u0000"})
  void claimsThatAreNoObjectAreInvalid(String claims) throws IOException {
    assertInvalid(open(), Issuer.es256(KEY, claims));
  }

  @Test
  void duplicatedClaimIsInvalid() throws IOException {
    assertInvalid(
        open(),
        Issuer.es256(
            KEY, "{\"sub\":\"c-1\",\"exp\":%d,\"exp\":%d}".formatted(NOW_S + 300, NOW_S + 300)));
  }

  @Test
  void oneTokenHasOneSpelling() throws IOException {
    TokenCheck check = open();
    String token = Issuer.es256(KEY, CLAIMS);
    for (String other :
        new String[] {
          token + "=", token + "\n", " " + token, token + ".", token.replace('.', ' '), token + "+"
        }) {
      assertInvalid(check, other);
    }
  }

  @Test
  void deepAndLongHeadersAreInvalid() throws IOException {
    TokenCheck check = open();
    String nested = "[".repeat(9_000) + "]".repeat(9_000);
    assertInvalid(check, Issuer.es256("{\"alg\":\"ES256\",\"x\":" + nested + "}", KEY, CLAIMS));
    assertInvalid(
        check,
        Issuer.es256("{\"alg\":\"ES256\",\"x\":\"" + "y".repeat(1 << 19) + "\"}", KEY, CLAIMS));
    assertInvalid(
        check, Issuer.es256(KEY, "{\"x\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}"));
  }

  @Test
  void tokenOfOneMebibyteIsJudgedButNotRemembered() throws IOException {
    String token =
        Issuer.es256(
            KEY,
            "{\"sub\":\"c-1\",\"exp\":%d,\"x\":\"%s\"}"
                .formatted(NOW_S + 300, "y".repeat(3 << 18)));
    TokenCheck check = open();
    assertPasses(check, token);
    assertPasses(check, token);
    assertThat(check.cacheHits()).isZero();
    assertThat(check.cacheMisses()).isEqualTo(2);
    assertInvalid(check, "y".repeat(1 << 20));
    assertInvalid(check, ".".repeat(1 << 20));
    assertInvalid(
        check, "y".repeat(1 << 18) + "." + "y".repeat(1 << 18) + "." + "y".repeat(1 << 18));
  }

  @Test
  void randomDamageIsInvalidAndNeverThrows() throws IOException {
    long seed = new Random().nextLong();
    System.out.println("randomDamageIsInvalidAndNeverThrows: seed " + seed);
    Random random = new Random(seed);
    jwks.published = Issuer.jwks(KEY, RSA_KEY);
    TokenCheck check = open(ALL);
    String alphabet = "ABab01-_.=\n{";
    String[] tokens = {Issuer.es256(KEY, CLAIMS), Issuer.rsa(JWSAlgorithm.RS256, RSA_KEY, CLAIMS)};
    for (int i = 0; i < 1000; i++) {
      String token = tokens[i % 2];
      int at = random.nextInt(token.lastIndexOf('.'));
      char c = alphabet.charAt(random.nextInt(alphabet.length()));
      String damaged =
          switch (random.nextInt(3)) {
            case 0 -> token.substring(0, at) + c + token.substring(at + 1);
            case 1 -> token.substring(0, at) + c + token.substring(at);
            default -> token.substring(0, at);
          };
      if (!damaged.equals(token)) {
        assertInvalid(check, damaged);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, true", // exp + skew is the first instant at which it is no good
    "0, -1, false",
    "30000, 0, true",
    "30000, -1, false",
    "30000, 1, true"
  })
  void expiredFromExpPlusSkewOn(long skewMillis, long past, boolean expired) throws IOException {
    TokenCheck check = open(Duration.ofMillis(skewMillis));
    String token = Issuer.es256(KEY, claims(CUSTOMER, NOW_S));
    TokenFault fault = check.check(token, CUSTOMER, NOW + skewMillis + past);
    assertThat(reason(fault)).isEqualTo(expired ? TOKEN_EXPIRED : null);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, false", // nbf - skew is the first instant at which it is good
    "0, -1, true",
    "30000, 0, false",
    "30000, -1, true",
    "30000, 1, false"
  })
  void notYetValidUntilNbfMinusSkew(long skewMillis, long past, boolean early) throws IOException {
    TokenCheck check = open(Duration.ofMillis(skewMillis));
    String token =
        Issuer.es256(KEY, "{\"sub\":\"c-1\",\"exp\":%d,\"nbf\":%d}".formatted(NOW_S + 300, NOW_S));
    TokenFault fault = check.check(token, CUSTOMER, NOW - skewMillis + past);
    assertThat(reason(fault)).isEqualTo(early ? TOKEN_NOT_YET_VALID : null);
  }

  static Stream<String[]> times() {
    return Stream.of(
        // exp, nbf, reason
        new String[] {"1800000000.5", null, null},
        new String[] {"1.8000003e9", null, null},
        new String[] {"7258118399.999", "-9223372036854775808", null},
        new String[] {"7258118399", "1e-300", null},
        new String[] {"7258118399", "7258118399", "TOKEN_NOT_YET_VALID"},
        new String[] {"7258118400", null, "TOKEN_INVALID"},
        new String[] {"1799996400000", null, "TOKEN_INVALID"}, // milliseconds, an hour ago
        new String[] {"1800000300000", null, "TOKEN_INVALID"}, // milliseconds
        new String[] {"99999999999999999999999999", null, "TOKEN_INVALID"},
        new String[] {"9223372036854775807", null, "TOKEN_INVALID"},
        new String[] {"1e300", null, "TOKEN_INVALID"},
        new String[] {"1800000300", "1799999700000", "TOKEN_INVALID"},
        new String[] {"1800000300", "9223372036854775807", "TOKEN_INVALID"},
        new String[] {"1800000300", "1e300", "TOKEN_INVALID"},
        new String[] {"0", null, "TOKEN_EXPIRED"},
        new String[] {"-1", null, "TOKEN_EXPIRED"},
        new String[] {"-9223372036854775808", null, "TOKEN_EXPIRED"},
        new String[] {"-1e300", null, "TOKEN_EXPIRED"},
        new String[] {"1e400", null, "TOKEN_INVALID"},
        new String[] {"NaN", null, "TOKEN_INVALID"},
        new String[] {"\"1800000300\"", null, "TOKEN_INVALID"},
        new String[] {"true", null, "TOKEN_INVALID"},
        new String[] {"null", null, "TOKEN_INVALID"},
        new String[] {"[1800000300]", null, "TOKEN_INVALID"},
        new String[] {null, null, "TOKEN_INVALID"},
        new String[] {"1800000300", "null", "TOKEN_INVALID"},
        new String[] {"1800000300", "\"1\"", "TOKEN_INVALID"},
        new String[] {"1800000300", "{}", "TOKEN_INVALID"});
  }

  @ParameterizedTest
  @MethodSource("times")
  void timesOfAnySizeAndShapeAreJudged(String exp, String nbf, String reason) throws IOException {
    String claims =
        "{\"sub\":\"c-1\""
            + (exp == null ? "" : ",\"exp\":" + exp)
            + (nbf == null ? "" : ",\"nbf\":" + nbf)
            + "}";
    TokenFault fault = open().check(Issuer.es256(KEY, claims), CUSTOMER, NOW);
    assertThat(reason(fault)).isEqualTo(reason == null ? null : RejectionReason.valueOf(reason));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1800000000", "1800000000.25", "1.8e9", "0", "-5"})
  void timeOfIssueDoesNotMatterIfItIsOne(String iat) throws IOException {
    String claims = "{\"sub\":\"c-1\",\"exp\":1800000300,\"iat\":" + iat + "}";
    assertPasses(open(), Issuer.es256(KEY, claims));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1799999999000", "7258118400", "1e300", "\"1799999999\"", "null", "{}"})
  void timeOfIssueThatIsNoTimeIsInvalid(String iat) throws IOException {
    String claims = "{\"sub\":\"c-1\",\"exp\":1800000300,\"iat\":" + iat + "}";
    TokenFault fault = open().check(Issuer.es256(KEY, claims), CUSTOMER, NOW);
    assertThat(reason(fault)).isEqualTo(TOKEN_INVALID);
    assertThat(fault.detail()).contains("iat");
  }

  @Test
  void timeInMillisecondsIsExplained() throws IOException {
    TokenFault fault =
        open().check(Issuer.es256(KEY, claims(CUSTOMER, NOW - 3_600_000)), CUSTOMER, NOW);
    assertThat(fault.detail())
        .isEqualTo(
            "the token's exp lies beyond the year 2200: it must be in seconds since 1970, not in"
                + " milliseconds");
  }

  @Test
  void fractionOfSecondCounts() throws IOException {
    TokenCheck check = open(Duration.ZERO);
    String token = Issuer.es256(KEY, "{\"sub\":\"c-1\",\"exp\":1800000000.123}");
    assertThat(check.check(token, CUSTOMER, NOW + 122)).isNull();
    assertThat(reason(check.check(token, CUSTOMER, NOW + 123))).isEqualTo(TOKEN_EXPIRED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"sub\":\"c-2\",",
        "\"sub\":\"C-1\",",
        "\"sub\":\"c-1 \",",
        "\"sub\":\"\",",
        "\"sub\":1,",
        "\"sub\":[\"c-1\"],",
        "\"sub\":null,",
        ""
      })
  void subjectThatIsNotTheCustomerIsMismatch(String subject) throws IOException {
    String token = Issuer.es256(KEY, "{%s\"exp\":%d}".formatted(subject, NOW_S + 300));
    TokenFault fault = open().check(token, CUSTOMER, NOW);
    assertThat(reason(fault)).isEqualTo(TOKEN_SUBJECT_MISMATCH);
  }

  @Test
  void firstFaultInOrderCounts() throws IOException {
    TokenCheck check = open();
    String expired = claims("c-2", NOW_S - 300);
    String early = "{\"sub\":\"c-2\",\"exp\":%d,\"nbf\":%d}".formatted(NOW_S + 600, NOW_S + 300);
    assertInvalid(check, Issuer.es256(Issuer.ecKey("k1"), expired));
    assertThat(reason(check.check(Issuer.es256(KEY, expired), CUSTOMER, NOW)))
        .isEqualTo(TOKEN_EXPIRED);
    assertThat(reason(check.check(Issuer.es256(KEY, early), CUSTOMER, NOW)))
        .isEqualTo(TOKEN_NOT_YET_VALID);
  }

  @Test
  void claimsOfRememberedTokenAreJudgedForEveryTransaction() throws IOException {
    TokenCheck check = open();
    String token = Issuer.es256(KEY, claims(CUSTOMER, NOW_S));
    assertPasses(check, token);
    assertThat(reason(check.check(token, CUSTOMER, NOW + 60_000))).isEqualTo(TOKEN_EXPIRED);
    assertThat(reason(check.check(token, "c-2", NOW))).isEqualTo(TOKEN_SUBJECT_MISMATCH);
    assertPasses(check, token);
    assertThat(check.cacheMisses()).isEqualTo(1);
    assertThat(check.cacheHits()).isEqualTo(3);
  }

  @Test
  void cacheIsBoundedAndInvalidTokensAreNotRemembered() throws IOException {
    TokenCheck check = open();
    String[] tokens = new String[100];
    for (int i = 0; i < tokens.length; i++) {
      tokens[i] = Issuer.es256(KEY, claims(CUSTOMER, NOW_S + i));
    }
    for (int round = 0; round < 2; round++) {
      for (String token : tokens) {
        assertPasses(check, token);
      }
    }
    // The cache holds 10, so at least 90 of the second round were not in it.
    assertThat(check.cacheMisses()).isGreaterThanOrEqualTo(190);

    long misses = check.cacheMisses();
    String forged = Issuer.es256(Issuer.ecKey("k1"), CLAIMS);
    assertInvalid(check, forged);
    assertInvalid(check, forged);
    assertThat(check.cacheMisses()).isEqualTo(misses + 2);
  }

  @Test
  void cacheIsBoundedInBytesToo() throws IOException {
    TokenCheck check = open();
    for (int i = 0; i < 20; i++) {
      String large =
          "{\"sub\":\"c-1\",\"exp\":%d,\"roles\":\"%s\"}"
              .formatted(NOW_S + 300 + i, "y".repeat(3_000));
      assertPasses(check, Issuer.es256(KEY, large));
      // 10 KiB in all, and each takes more than 4 KiB.
      assertThat(check.remembered()).isLessThanOrEqualTo(2);
    }
  }

  @Test
  void longSubjectCounts() throws IOException {
    TokenCheck check = open();
    String subject = "y".repeat(2_000);
    for (int i = 0; i < 20; i++) {
      check.check(Issuer.es256(KEY, claims(subject, NOW_S + 300 + i)), CUSTOMER, NOW);
      assertThat(check.remembered()).isLessThanOrEqualTo(1);
    }
  }

  @Test
  void tokenIsForgottenWhenItExpires() throws IOException {
    TokenCheck check = open();
    assertPasses(check, Issuer.es256(KEY, CLAIMS));
    jwks.pass(Duration.ofMinutes(5).plus(SKEW).minusSeconds(1));
    assertThat(check.remembered()).isEqualTo(1);
    jwks.pass(Duration.ofSeconds(3));
    assertThat(check.remembered()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    Long.MIN_VALUE + ", TOKEN_NOT_YET_VALID",
    "-1, ",
    "0, ",
    Long.MAX_VALUE + ", TOKEN_EXPIRED"
  })
  void receptionTimesOfAnySizeAreTaken(long receivedAt, RejectionReason reason) throws IOException {
    TokenCheck check = open();
    String token = Issuer.es256(KEY, CLAIMS);
    TokenFault fault = check.check(token, CUSTOMER, receivedAt);
    assertThat(reason(fault)).isEqualTo(reason);
    assertPasses(check, token);
    assertThat(check.verifications()).isEqualTo(1);
  }

  @Test
  void sameBadTokenIsVerifiedOnceAMinute() throws IOException {
    jwks.published = Issuer.jwks(KEY, RSA_KEY);
    TokenCheck check = open(ALL);
    String[] bad = {
      Issuer.es256(Issuer.ecKey("k1"), CLAIMS),
      Issuer.es256(new JWSHeader(JWSAlgorithm.ES256), Issuer.ecKey("k1"), CLAIMS),
      Issuer.es256(KEY, "{\"sub\":\"c-1\"}"),
      Issuer.es256(KEY, claims(CUSTOMER, NOW)),
      Issuer.es256(KEY, "[]")
    };
    for (int round = 0; round < 100; round++) {
      for (String token : bad) {
        TokenFault fault = check.check(token, CUSTOMER, NOW);
        assertThat(reason(fault)).isEqualTo(TOKEN_INVALID);
        assertThat(fault.detail()).isEqualTo(check.check(token, CUSTOMER, NOW).detail());
      }
    }
    assertThat(check.verifications()).isEqualTo(bad.length);
    jwks.pass(Duration.ofSeconds(61));
    assertInvalid(check, bad[0]);
    assertThat(check.verifications()).isEqualTo(bad.length + 1);
  }

  @Test
  void sameExpiredTokenIsVerifiedOnce() throws IOException {
    TokenCheck check = open();
    String token = Issuer.es256(KEY, claims(CUSTOMER, NOW_S - 3600));
    for (int i = 0; i < 100; i++) {
      assertThat(reason(check.check(token, CUSTOMER, NOW))).isEqualTo(TOKEN_EXPIRED);
    }
    assertThat(check.verifications()).isEqualTo(1);
  }

  @Test
  void unknownKeyIdCostsNoVerification() throws IOException {
    TokenCheck check = open();
    assertInvalid(check, Issuer.es256(Issuer.ecKey("unknown"), CLAIMS));
    assertThat(check.verifications()).isZero();
  }

  @Test
  void detailHoldsNothingOfTheTokenAndIsOneLine() throws IOException {
    TokenCheck check = open();
    ECKey forger = Issuer.ecKey("s3cret");
    for (String token :
        new String[] {
          "s3cret",
          Issuer.es256(KEY, "{\"sub\":\"s3cret\",\"exp\":%d}".formatted(NOW_S + 300)),
          Issuer.es256(KEY, "{\"sub\":\"s3cret\",\"exp\":1}"),
          Issuer.es256(KEY, "{\"sub\":\"s3cret\",\"exp\":\"s3cret\"}"),
          Issuer.es256(forger, CLAIMS),
          Issuer.es256("{\"alg\":\"s3cret\",\"kid\":\"s3cret\"}", KEY, CLAIMS),
          Issuer.es256("s3cret", KEY, CLAIMS),
          Issuer.es256(KEY, "s3cret")
        }) {
      TokenFault fault = check.check(token, CUSTOMER, NOW);
      assertThat(fault).isNotNull();
      assertThat(fault.detail()).isNotBlank().doesNotContain("s3cret", "\n");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "HS256", "HS512", "es256", "ES512", "RS1", "", "ES256,RS256"})
  void algorithmThatIsNotSupportedIsRefused(String algorithm) {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                TokenCheck.open(settings(Set.of("ES256", algorithm), SKEW, Duration.ofMinutes(5))))
        .withMessageContaining(algorithm)
        .withMessageContaining("ES256, RS256, PS256, EdDSA, Ed25519");
  }

  @Test
  void settingsWithoutSenseAreRefused() {
    Duration refresh = Duration.ofMinutes(5);
    for (TokenSettings settings :
        new TokenSettings[] {
          settings(Set.of(), SKEW, refresh),
          settings(Set.of("ES256"), Duration.ofSeconds(-1), refresh),
          settings(Set.of("ES256"), Duration.ofSeconds(Long.MAX_VALUE), refresh),
          settings(Set.of("ES256"), SKEW, Duration.ZERO),
          settings(Set.of("ES256"), SKEW, Duration.ofSeconds(Long.MAX_VALUE)),
          new TokenSettings("jwks.json", Set.of("ES256"), -1, SKEW, refresh),
          timeouts(Duration.ZERO, SKEW),
          timeouts(SKEW, Duration.ofMillis(-1)),
          timeouts(Duration.ofSeconds(Long.MAX_VALUE / 1000), SKEW),
          timeouts(SKEW, Duration.ofMinutes(10)),
          maxAge(Duration.ofMillis(-1)),
          maxAge(Duration.ofSeconds(Long.MAX_VALUE))
        }) {
      assertThatIllegalArgumentException().isThrownBy(() -> TokenCheck.open(settings));
    }
  }

  private TokenCheck open(String... algorithms) throws IOException {
    return open(algorithms.length == 0 ? Set.of("ES256") : Set.of(algorithms), SKEW);
  }

  private TokenCheck open(Duration skew) throws IOException {
    return open(Set.of("ES256"), skew);
  }

  private TokenCheck open(Set<String> algorithms, Duration skew) throws IOException {
    TokenSettings settings = settings(algorithms, skew, Duration.ofMinutes(5));
    return new TokenCheck(settings, new KeySource(jwks, settings, jwks, null, jwks), jwks);
  }

  private static TokenSettings settings(Set<String> algorithms, Duration skew, Duration refresh) {
    return new TokenSettings("jwks.json", algorithms, 10, skew, refresh);
  }

  private static TokenSettings timeouts(Duration connect, Duration read) {
    return new TokenSettings(
        "jwks.json",
        Set.of("ES256"),
        10,
        SKEW,
        Duration.ofMinutes(5),
        ExpectedClaims.ANY,
        connect,
        read,
        TokenSettings.JWKS_MAX_AGE);
  }

  private static TokenSettings maxAge(Duration age) {
    return new TokenSettings(
        "jwks.json",
        Set.of("ES256"),
        10,
        SKEW,
        Duration.ofMinutes(5),
        ExpectedClaims.ANY,
        SKEW,
        SKEW,
        age);
  }

  private static String claims(String subject, long exp) {
    return "{\"sub\":\"%s\",\"exp\":%d}".formatted(subject, exp);
  }

  private static String withOtherClaims(String token) {
    String[] parts = token.split("\\.", -1);
    return parts[0] + "." + Issuer.base64(claims(CUSTOMER, NOW_S + 999)) + "." + parts[2];
  }

  private static RejectionReason reason(TokenFault fault) {
    return fault == null ? null : fault.reason();
  }

  private static void assertPasses(TokenCheck check, String token) throws IOException {
    assertThat(check.check(token, CUSTOMER, NOW)).isNull();
  }

  private static void assertInvalid(TokenCheck check, String token) throws IOException {
    assertThat(reason(check.check(token, CUSTOMER, NOW))).isEqualTo(TOKEN_INVALID);
  }
}
