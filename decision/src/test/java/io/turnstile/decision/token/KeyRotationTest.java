package io.turnstile.decision.token;

import static io.turnstile.events.RejectionReason.TOKEN_INVALID;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.KeyUse;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

class KeyRotationTest {

  private static final long NOW = 1_800_000_000_000L;
  private static final String CLAIMS = "{\"sub\":\"c-1\",\"exp\":1800003600}";
  private static final Duration REFRESH = Duration.ofMinutes(5);
  private static final TokenSettings SETTINGS =
      new TokenSettings("jwks.json", Set.of("ES256"), 100, Duration.ZERO, REFRESH);
  private static final ECKey OLD = Issuer.ecKey("old");
  private static final ECKey NEW = Issuer.ecKey("new");
  private static final String OLD_TOKEN = Issuer.es256(OLD, CLAIMS);
  private static final String NEW_TOKEN = Issuer.es256(NEW, CLAIMS);

  private final FakeJwks jwks = new FakeJwks(Issuer.jwks(OLD));
  private final TokenCheck check = open();

  @Test
  void newKeyWorksAtOnce() throws IOException {
    jwks.pass(KeySource.FRESH);
    jwks.published = Issuer.jwks(OLD, NEW);
    assertPasses(NEW_TOKEN);
    assertPasses(OLD_TOKEN);
    assertThat(jwks.fetches).isEqualTo(2);
  }

  @Test
  void newKeyWorksAtOnceForTokensWithoutKeyId() throws IOException {
    String token = Issuer.es256(new JWSHeader(JWSAlgorithm.ES256), NEW, CLAIMS);
    jwks.pass(KeySource.FRESH);
    jwks.published = Issuer.jwks(OLD, NEW);
    assertPasses(token);
  }

  @Test
  void forgedKeyIdsFetchOncePerFiveSeconds() throws IOException {
    for (int i = 0; i < 1000; i++) {
      jwks.pass(Duration.ofMillis(10));
      assertInvalid(Issuer.es256("{\"alg\":\"ES256\",\"kid\":\"forged" + i + "\"}", OLD, CLAIMS));
    }
    // One at the start, then one each full 5 s.
    assertThat(jwks.fetches).isEqualTo(3);
  }

  @Test
  void slowFetchesForForgedKeyIdsLeaveFiveSecondsBetween() throws IOException {
    jwks.delay = Duration.ofSeconds(4);
    jwks.pass(KeySource.FRESH);
    assertInvalid(NEW_TOKEN);
    jwks.pass(Duration.ofSeconds(4));
    assertInvalid(NEW_TOKEN);
    assertThat(jwks.fetches).isEqualTo(2);
  }

  @Test
  void unknownKeyIsNotRememberedAsInvalid() throws IOException {
    assertInvalid(NEW_TOKEN);
    jwks.published = Issuer.jwks(OLD, NEW);
    assertInvalid(NEW_TOKEN);
    jwks.pass(KeySource.FRESH);
    assertPasses(NEW_TOKEN);
  }

  @Test
  void badTokenIsJudgedAgainWhenTheKeysChange() throws IOException {
    ECKey replacement = Issuer.ecKey("old");
    String token = Issuer.es256(replacement, CLAIMS);
    assertInvalid(token);
    jwks.published = Issuer.jwks(replacement);
    jwks.pass(REFRESH);
    assertInvalid(token);
    jwks.runBackground();
    assertPasses(token);
  }

  @Test
  void withdrawnKeyStopsWithTheRefreshAlsoForRememberedTokens() throws IOException {
    jwks.published = Issuer.jwks(OLD, NEW);
    jwks.pass(KeySource.FRESH);
    assertPasses(NEW_TOKEN);
    assertPasses(OLD_TOKEN);

    jwks.published = Issuer.jwks(NEW);
    jwks.pass(REFRESH);
    assertPasses(OLD_TOKEN);
    assertThat(jwks.runBackground()).isEqualTo(1);
    assertInvalid(OLD_TOKEN);

    long hits = check.cacheHits();
    assertPasses(NEW_TOKEN);
    assertThat(check.cacheHits()).as("the other key's tokens stay remembered").isEqualTo(hits + 1);
  }

  @Test
  void withdrawnKeyStopsWithTheReloadForAnotherKey() throws IOException {
    assertPasses(OLD_TOKEN);
    jwks.published = Issuer.jwks(NEW);
    jwks.pass(KeySource.FRESH);
    assertPasses(NEW_TOKEN);
    assertInvalid(OLD_TOKEN);
  }

  @Test
  void keyWhoseUseChangesStopsAlsoForRememberedTokens() throws IOException {
    assertPasses(OLD_TOKEN);
    jwks.published = Issuer.jwks(new ECKey.Builder(OLD).keyUse(KeyUse.ENCRYPTION).build(), NEW);
    jwks.pass(REFRESH);
    assertPasses(OLD_TOKEN);
    jwks.runBackground();
    assertInvalid(OLD_TOKEN);
  }

  @Test
  void keyReplacedUnderItsIdStopsAlsoForRememberedTokens() throws IOException {
    ECKey replacement = Issuer.ecKey("old");
    assertPasses(OLD_TOKEN);
    jwks.published = Issuer.jwks(replacement);
    jwks.pass(REFRESH);
    assertPasses(OLD_TOKEN);
    jwks.runBackground();
    assertInvalid(OLD_TOKEN);
    assertPasses(Issuer.es256(replacement, CLAIMS));
  }

  @Test
  void refreshHappensOncePerIntervalAndOneAtATime() throws IOException {
    jwks.pass(REFRESH.minusNanos(1));
    assertPasses(OLD_TOKEN);
    assertThat(jwks.runBackground()).isZero();
    jwks.pass(Duration.ofNanos(1));
    assertPasses(OLD_TOKEN);
    jwks.pass(REFRESH);
    assertPasses(OLD_TOKEN);
    assertThat(jwks.runBackground()).isEqualTo(1);
    assertPasses(OLD_TOKEN);
    assertThat(jwks.runBackground()).isEqualTo(1);
    assertPasses(OLD_TOKEN);
    assertThat(jwks.runBackground()).isZero();
  }

  @Test
  void failedRefreshKeepsTheKeysAndIsTriedAgain() throws IOException {
    for (String faulty : new String[] {"", "{", "[]", "{}", "{\"keys\":[]}", "{\"keys\":[7]}"}) {
      jwks.published = faulty;
      jwks.pass(REFRESH);
      assertPasses(OLD_TOKEN);
      assertThat(jwks.runBackground()).isEqualTo(1);
      assertPasses(OLD_TOKEN);
    }
    jwks.published = Issuer.jwks(NEW);
    jwks.pass(REFRESH);
    assertPasses(OLD_TOKEN);
    jwks.runBackground();
    assertInvalid(OLD_TOKEN);
  }

  @Test
  void onlyOneReadingIsUnderWaySoThatOlderKeysNeverReplaceNewerOnes() throws IOException {
    KeySource source = new KeySource(jwks, SETTINGS, jwks, null, jwks);
    jwks.pass(REFRESH);
    source.keys();
    for (int i = 0; i < 10; i++) {
      jwks.pass(REFRESH);
      source.request();
      source.keys();
    }
    assertThat(jwks.runBackground()).isEqualTo(1);
  }

  @Test
  void keysThatAreTheSameStayTheSameObject() throws IOException {
    KeySource source = new KeySource(jwks, SETTINGS, jwks, null, jwks);
    KeySet keys = source.keys();
    jwks.pass(REFRESH);
    source.keys();
    assertThat(jwks.runBackground()).isEqualTo(1);
    assertThat(source.keys()).isSameAs(keys);
  }

  @Test
  void unreachableJwksIsWaitedForAndUsedWhenBack() throws IOException {
    jwks.pass(KeySource.FRESH);
    jwks.published = Issuer.jwks(NEW);
    jwks.down(TokenCheck.PATIENCE.minusMillis(1));
    assertPasses(NEW_TOKEN);
  }

  @Test
  void jwksUnreachableForTenSecondsFailsAndIsNeverInvalid() throws IOException {
    jwks.pass(KeySource.FRESH);
    jwks.down(Duration.ofHours(1));
    long start = jwks.nanoTime();
    assertThatIOException()
        .isThrownBy(() -> check.check(NEW_TOKEN, "c-1", NOW))
        .withMessage(
            "a token's key is unknown and for 10 s the JWKS https://issuer.test/jwks cannot be"
                + " used: nobody answers");
    assertThat(Duration.ofNanos(jwks.nanoTime() - start))
        .isBetween(TokenCheck.PATIENCE, TokenCheck.PATIENCE.plusSeconds(1));
    assertPasses(OLD_TOKEN);
  }

  @Test
  void jwksThatHangsFailsSoonAfterTenSeconds() {
    jwks.pass(KeySource.FRESH);
    jwks.down(Duration.ofHours(1));
    jwks.delay = Duration.ofSeconds(4);
    long start = jwks.nanoTime();
    assertThatIOException().isThrownBy(() -> check.check(NEW_TOKEN, "c-1", NOW));
    assertThat(Duration.ofNanos(jwks.nanoTime() - start))
        .isBetween(TokenCheck.PATIENCE, TokenCheck.PATIENCE.plusSeconds(4));
  }

  @Test
  void unreachableJwksDoesNotMatterToKnownKeysNorToForgedSignatures() throws IOException {
    jwks.down(Duration.ofHours(1));
    jwks.pass(REFRESH);
    long start = jwks.nanoTime();
    assertPasses(OLD_TOKEN);
    assertInvalid(Issuer.es256(Issuer.ecKey("old"), CLAIMS));
    assertThat(jwks.nanoTime()).isEqualTo(start);
  }

  @Test
  void waitingForUnreachableJwksIsInterruptible() {
    jwks.pass(KeySource.FRESH);
    jwks.down(Duration.ofHours(1));
    Thread.currentThread().interrupt();
    try {
      assertThatExceptionOfType(InterruptedIOException.class)
          .isThrownBy(() -> check.check(NEW_TOKEN, "c-1", NOW));
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  private TokenCheck open() {
    try {
      return new TokenCheck(SETTINGS, new KeySource(jwks, SETTINGS, jwks, null, jwks), jwks);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void assertPasses(String token) throws IOException {
    assertThat(check.check(token, "c-1", NOW)).isNull();
  }

  private void assertInvalid(String token) throws IOException {
    TokenFault fault = check.check(token, "c-1", NOW);
    assertThat(fault).isNotNull();
    assertThat(fault.reason()).isEqualTo(TOKEN_INVALID);
  }
}
